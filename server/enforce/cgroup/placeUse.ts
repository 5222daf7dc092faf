import type { IHostFiles } from '../../host/files';
import { ownBytes, readInherited, readMemory } from '../../host/processMemory';
import { readTreeUse, type TreeUse } from '../../host/processUse';
import { hasFallen, type Watermarks } from '../../host/watermarks';

/** How many processes of one place are looked at one by one, for their peaks. */
const LOOKED_AT_MAX = 16;

/** What the kernel counts in a holder's place; null if it does not count it. */
type Counted = {
  readonly cpuSeconds: number | null;
  readonly memoryBytes: number | null;
  /** Its processes, without those that have ended. */
  readonly pids: readonly number[];
  /** How many threads these have. */
  readonly threads: () => number;
};

/**
 * What a holder uses: as counted in its place, else the sum of its processes. Memory allocated
 * before the move stays charged to the origin; a fresh fork has allocated nothing yet.
 */
export function useOf(
  files: IHostFiles,
  pid: number,
  others: () => ReadonlySet<number>,
  marks: Watermarks,
  { cpuSeconds, memoryBytes, pids, threads }: Counted
): TreeUse | null {
  if (cpuSeconds === null || memoryBytes === null) {
    const tree = readTreeUse(files, pid, others(), marks);
    return tree && completed(tree, cpuSeconds ?? tree.cpuSeconds, memoryBytes ?? tree.memoryBytes);
  }
  const looked = marks.isLowered(pid) ? pids.slice(0, LOOKED_AT_MAX) : [];
  const [root, ...rest] = [pid, ...looked.filter(it => it !== pid)].map(it => {
    const memory = readMemory(files, it);
    const isTelling = memory && (memory.anonymousBytes > memoryBytes || hasFallen(memory));
    return memory && { ...memory, inheritedBytes: isTelling ? readInherited(files, it) : 0 };
  });
  const bytes = Math.max(memoryBytes, root ? ownBytes(root, root.inheritedBytes) : 0);
  return {
    cpuSeconds,
    memoryBytes: bytes,
    memoryPeakBytes: bytes + (root ? marks.read([root, ...rest.flatMap(it => it ?? [])]) : 0),
    threads: root && pids.length === 1 && pids[0] === pid ? root.threads : threads(),
    processes: pids.length
  };
}

function completed(tree: TreeUse, cpuSeconds: number, memoryBytes: number): TreeUse {
  const fallBytes = tree.memoryPeakBytes - tree.memoryBytes;
  return { ...tree, cpuSeconds, memoryBytes, memoryPeakBytes: memoryBytes + fallBytes };
}
