import { PROC } from './cgroupfs';
import { readOrNull, type IHostFiles } from './files';

/** The minimum that POSIX guarantees; assumed if the limit cannot be read. */
const DESCRIPTORS_MIN = 256;

/** How many descriptors this process may have open: the soft RLIMIT_NOFILE, proc(5). */
export function readDescriptorsMax(files: IHostFiles): number {
  const text = readOrNull(files, PROC.limits) ?? '';
  const limit = /^Max open files\s+(\d+|unlimited)/m.exec(text)?.[1];
  return limit === 'unlimited' ? Infinity : Number(limit ?? DESCRIPTORS_MIN);
}
