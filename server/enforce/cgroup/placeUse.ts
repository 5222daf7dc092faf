import type { IHostFiles } from '../../host/files';
import { readAnonymousBytes, readTreeUse } from '../../host/processUse';
import type { TreeUse } from '../enforcer';

/** What the kernel counts in a holder's place; null if it does not count it. */
type Counted = {
  readonly cpuSeconds: number | null;
  readonly memoryBytes: number | null;
  /** The list of its threads, one per line. */
  readonly threads: string;
};

/**
 * What a holder uses: as counted in its place, else the sum of its processes. Memory allocated
 * before the move stays charged to the origin; a fresh fork has allocated nothing yet.
 */
export function useOf(
  files: IHostFiles,
  pid: number,
  others: () => ReadonlySet<number>,
  { cpuSeconds, memoryBytes, threads }: Counted
): TreeUse {
  const isWhole = cpuSeconds !== null && memoryBytes !== null;
  const tree = isWhole ? null : readTreeUse(files, pid, others());
  return {
    cpuSeconds: cpuSeconds ?? tree?.cpuSeconds ?? 0,
    memoryBytes:
      memoryBytes === null
        ? (tree?.memoryBytes ?? 0)
        : Math.max(memoryBytes, readAnonymousBytes(files, pid)),
    threads: threads.split('\n').length
  };
}
