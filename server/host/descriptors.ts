import { PROC } from './cgroupfs';
import { readOrNull, type IHostFiles } from './files';

/** What POSIX guarantees at least; counted with where the limit cannot be read. */
const DESCRIPTORS_MIN = 256;

/** How many descriptors this process may have open: RLIMIT_NOFILE, the soft one, proc(5). */
export function readDescriptorsMax(files: IHostFiles): number {
  const text = readOrNull(files, PROC.limits) ?? '';
  const limit = /^Max open files\s+(\d+|unlimited)/m.exec(text)?.[1];
  return limit === 'unlimited' ? Infinity : Number(limit ?? DESCRIPTORS_MIN);
}
