import { PROC } from './cgroupfs';
import { readOrNull, type IHostFiles } from './files';
import { readProcess, type ProcessStat } from './processes';

/** The memory of one process; mapped files on a disk can be dropped, and are not held. */
type ProcessMemory = {
  /** Its own; in a child forked without exec also that of its parent. */
  readonly anonymousBytes: number;
  /** Memory that it may share with others, mapped: shmem, tmpfs. */
  readonly sharedBytes: number;
  /** Mapped files on a disk. */
  readonly fileBytes: number;
  /** The most that all three were together, since it started or that was last reset; null if unknown. */
  readonly highestBytes: number | null;
};

/** A process with its memory. */
export type ProcessUse = ProcessStat & ProcessMemory;

function readMemory(files: IHostFiles, pid: number): ProcessMemory {
  const status = readOrNull(files, PROC.status(pid)) ?? '';
  const bytesOf = (name: string): number | null => {
    const at = status.indexOf(`\n${name}:`);
    return at < 0 ? null : parseInt(status.slice(at + name.length + 2), 10) * 1024;
  };
  const ownBytes = bytesOf('RssAnon');
  return {
    // Emulations of Linux may report only the total.
    anonymousBytes: ownBytes ?? bytesOf('VmRSS') ?? 0,
    sharedBytes: bytesOf('RssShmem') ?? 0,
    fileBytes: bytesOf('RssFile') ?? 0,
    highestBytes: ownBytes === null ? null : bytesOf('VmHWM')
  };
}

/** Read one process and its memory; null if there is no such process. */
export function readProcessUse(files: IHostFiles, pid: number): ProcessUse | null {
  const stat = readProcess(files, pid);
  return stat && { ...stat, ...readMemory(files, pid) };
}

/** The process that this one was forked from without exec, by its own parent; null if it was not, or that has ended. */
export function readOrigin(files: IHostFiles, it: ProcessStat): ProcessUse | null {
  const parent = readProcess(files, it.parentPid);
  return parent && isForkOf(it, parent) ? { ...parent, ...readMemory(files, parent.pid) } : null;
}

function isForkOf(it: ProcessStat, parent: ProcessStat): boolean {
  return parent.argumentsAt === it.argumentsAt && it.argumentsAt > 0;
}

/** A child forked without exec shares its parent's memory until either writes to it. */
export function ownBytes(it: ProcessUse, parent: ProcessUse | null | undefined): number {
  const shared = parent && isForkOf(it, parent) ? parent.anonymousBytes : 0;
  return Math.max(0, it.anonymousBytes - shared);
}
