import type { IHostFiles } from '../../host/files';
import { readAnonymousBytes, readTreeUse } from '../../host/processUse';
import type { TreeUse } from '../enforcer';

/** What the kernel counted in a holder's place; null where it counts no such thing. */
type Counted = {
  readonly cpuSeconds: number | null;
  readonly memoryBytes: number | null;
  /** The list of its threads, a line each. */
  readonly threads: string;
};

/**
 * What a holder uses: what was counted in its place, else what its processes tell. What the process
 * took before it came is charged where it came from; a fork took nothing yet.
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
