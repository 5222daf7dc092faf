import { PROC } from './cgroupfs';
import { readOrNull, type IHostFiles } from './files';
import { readProcess, type ProcessStat } from './processes';

/** The memory of one process; mapped files on a disk can be dropped, and are not held. */
export type ProcessMemory = {
  readonly pid: number;
  readonly threads: number;
  /** Its own; in a child forked without exec also that of its parent. */
  readonly anonymousBytes: number;
  /** Memory that it may share with others, mapped: shmem, tmpfs. */
  readonly sharedBytes: number;
  /** Mapped files on a disk. */
  readonly fileBytes: number;
  /** The most that all three were together, since it started or that was last reset; null if unknown. */
  readonly highestBytes: number | null;
};

/** Read the memory of a process; null if there is no such process. */
export function readMemory(files: IHostFiles, pid: number): ProcessMemory | null {
  const status = readOrNull(files, PROC.status(pid));
  if (status === null) {
    return null;
  }
  const figure = (name: string): number | null => {
    const at = status.indexOf(`\n${name}:`);
    return at < 0 ? null : parseInt(status.slice(at + name.length + 2), 10);
  };
  const bytes = (name: string): number | null => {
    const KiB = figure(name);
    return KiB === null ? null : KiB * 1024;
  };
  const anonymousBytes = bytes('RssAnon');
  return {
    pid,
    threads: figure('Threads') ?? 1,
    // Emulations of Linux may report only the total.
    anonymousBytes: anonymousBytes ?? bytes('VmRSS') ?? 0,
    sharedBytes: bytes('RssShmem') ?? 0,
    fileBytes: bytes('RssFile') ?? 0,
    highestBytes: anonymousBytes === null ? null : bytes('VmHWM')
  };
}

/** Whether a process was forked from its parent without exec: then they share memory until either writes to it. */
export function isForkOf(it: ProcessStat, parent: ProcessStat): boolean {
  return parent.argumentsAt === it.argumentsAt && it.argumentsAt > 0;
}

/** How much memory a process may share with the one that it was forked from, in bytes; 0 if it was not. */
export function readInherited(
  files: IHostFiles,
  pid: number,
  it: ProcessStat | null = readProcess(files, pid)
): number {
  const parent = it && readProcess(files, it.parentPid);
  return parent && isForkOf(it, parent) ? (readMemory(files, parent.pid)?.anonymousBytes ?? 0) : 0;
}

/** Memory that belongs to one process alone, in bytes. */
export function ownBytes({ anonymousBytes }: ProcessMemory, inheritedBytes: number): number {
  return Math.max(0, anonymousBytes - inheritedBytes);
}
