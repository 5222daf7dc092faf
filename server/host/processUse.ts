import type { IHostFiles } from './files';
import { isForkOf, ownBytes, readInherited, readMemory, type ProcessMemory } from './processMemory';
import { readProcess, readTree, type ProcessStat } from './processes';
import type { Watermarks } from './watermarks';

/** What a process tree used and holds. */
export type TreeUse = {
  /** With that of processes that have ended, if a process of the tree waited for them. */
  readonly cpuSeconds: number;
  readonly memoryBytes: number;
  /** The most that it held since its watermarks were lowered; what it holds now if that is not known. */
  readonly memoryPeakBytes: number;
  readonly threads: number;
  /** Without those that have ended. */
  readonly processes: number;
};

/**
 * Figures of a process tree from /proc, for tiers without cgroups; null if
 * the root has ended.
 *
 * #### Notes
 * Memory is an estimate: for a child forked without exec only what exceeds its
 * parent, with which it shares the rest, and of shared memory as much as any one
 * process maps. Exact figures need a walk of all page tables, which takes
 * seconds for large kernels.
 */
export function readTreeUse(
  files: IHostFiles,
  rootPid: number,
  others?: ReadonlySet<number>,
  marks?: Watermarks
): TreeUse | null {
  const all = readTree(files, rootPid, others).flatMap(pid => readInTree(files, pid) ?? []);
  const processes = new Map(all.map(it => [it.pid, it]));
  const root = processes.get(rootPid);
  if (!root || root.state === 'Z') {
    return null;
  }
  const inherited = (it: InTree): number => {
    const parent = processes.get(it.parentPid);
    return it === root
      ? readInherited(files, rootPid, root)
      : parent && isForkOf(it, parent)
        ? parent.anonymousBytes
        : 0;
  };
  const held = all.map(it => ({ ...it, inheritedBytes: inherited(it) }));
  const memoryBytes = held.reduce(
    (sum, it) => sum + ownBytes(it, it.inheritedBytes),
    Math.max(...all.map(it => it.sharedBytes))
  );
  return {
    cpuSeconds: all.reduce((sum, it) => sum + it.cpuSeconds, 0),
    memoryBytes,
    memoryPeakBytes: memoryBytes + (marks?.read(held) ?? 0),
    threads: all.reduce((sum, it) => sum + it.threads, 0),
    processes: all.filter(it => it.state !== 'Z').length
  };
}

type InTree = ProcessStat & ProcessMemory;

function readInTree(files: IHostFiles, pid: number): InTree | null {
  const stat = readProcess(files, pid);
  const memory = stat && readMemory(files, pid);
  return memory && { ...memory, ...stat };
}

/** CPU time of a process tree so far, in s, counted as in {@link TreeUse}; null if the root has ended. */
export function readCpuSeconds(
  files: IHostFiles,
  rootPid: number,
  others?: ReadonlySet<number>
): number | null {
  const all = readTree(files, rootPid, others).flatMap(pid => readProcess(files, pid) ?? []);
  return all[0]?.pid === rootPid ? all.reduce((sum, it) => sum + it.cpuSeconds, 0) : null;
}

/** Memory that a process tree holds, in bytes, counted as in {@link TreeUse}; null if the root has ended. */
export function readMemoryBytes(
  files: IHostFiles,
  rootPid: number,
  others?: ReadonlySet<number>
): number | null {
  return readTreeUse(files, rootPid, others)?.memoryBytes ?? null;
}
