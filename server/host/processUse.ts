import { PROC } from './cgroupfs';
import { readOrNull, type IHostFiles } from './files';
import { readProcess, readTree, type ProcessStat } from './processes';

/** What a process tree used and holds. */
export type TreeUse = {
  readonly cpuSeconds: number;
  readonly memoryBytes: number;
  readonly threads: number;
};

/** The memory of one process; mapped files on a disk can be dropped, and do not count. */
type ProcessMemory = {
  /** Its own; in a child forked without exec also that of its parent. */
  readonly anonymousBytes: number;
  /** Memory that it may share with others, mapped: shmem, tmpfs. */
  readonly sharedBytes: number;
};

function readMemory(files: IHostFiles, pid: number): ProcessMemory {
  const status = readOrNull(files, PROC.status(pid)) ?? '';
  const bytesOf = (name: string): number | null => {
    const at = status.indexOf(`\n${name}:`);
    return at < 0 ? null : parseInt(status.slice(at + name.length + 2), 10) * 1024;
  };
  // Emulations of Linux may report only the total.
  const anonymousBytes = bytesOf('RssAnon') ?? bytesOf('VmRSS') ?? 0;
  return { anonymousBytes, sharedBytes: bytesOf('RssShmem') ?? 0 };
}

type Measured = ProcessStat & ProcessMemory;

function readMeasured(files: IHostFiles, pid: number): Measured | null {
  const stat = readProcess(files, pid);
  return stat && { ...stat, ...readMemory(files, pid) };
}

/** A child forked without exec shares its parent's memory until either writes to it. */
function ownBytes(it: Measured, parent: Measured | null | undefined): number {
  const isFork = parent?.argumentsAt === it.argumentsAt && it.argumentsAt > 0;
  return Math.max(0, it.anonymousBytes - (isFork ? parent.anonymousBytes : 0));
}

/** Memory that belongs to one process alone, in bytes; 0 if it has ended. */
export function readAnonymousBytes(files: IHostFiles, pid: number): number {
  const it = readMeasured(files, pid);
  return it ? ownBytes(it, readMeasured(files, it.parentPid)) : 0;
}

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
  others?: ReadonlySet<number>
): TreeUse | null {
  const all = readTree(files, rootPid, others).flatMap(pid => readMeasured(files, pid) ?? []);
  const processes = new Map(all.map(it => [it.pid, it]));
  const root = processes.get(rootPid);
  if (!root || root.state === 'Z') {
    return null;
  }
  const around = readMeasured(files, root.parentPid);
  const bytes = all.map(it => ownBytes(it, it === root ? around : processes.get(it.parentPid)));
  return {
    cpuSeconds: all.reduce((sum, it) => sum + it.cpuSeconds, 0),
    memoryBytes: bytes.reduce((sum, it) => sum + it, Math.max(...all.map(it => it.sharedBytes))),
    threads: all.reduce((sum, it) => sum + it.threads, 0)
  };
}
