import type { IHostFiles } from '../host/files';
import { readMask } from '../host/processes';
import { isSameSet, type CpuSet } from '../protocol/cpuset';

/** The masks of some threads of a process, each once; empty for one that is gone. */
export function distinctMasks(
  files: IHostFiles,
  pid: number,
  threads: readonly number[]
): readonly CpuSet[] {
  // A list that Node made is another kind of array to a test runner that has globals of its own.
  return Array.from(threads, tid => readMask(files, pid, tid) ?? []).filter(
    (mask, at, all) => all.findIndex(it => isSameSet(it, mask)) === at
  );
}
