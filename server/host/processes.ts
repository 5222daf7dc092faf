import { parseCpuList, type CpuSet } from '../protocol/cpuset';
import { PROC } from './cgroupfs';
import { errnoOf, listOrNone, readOrNull, saysAbsent, type IHostFiles } from './files';

/** What /proc/PID/stat reports of a process. */
export type ProcessStat = {
  readonly pid: number;
  readonly parentPid: number;
  /** One letter of proc(5): `R`, `S`, `Z`, ... */
  readonly state: string;
  /** In ticks since boot: together with `pid` it identifies a process uniquely. */
  readonly startTicks: number;
  /** Own and reaped children's CPU time, in s. */
  readonly cpuSeconds: number;
  readonly threads: number;
  /** Address of the arguments: the same in a parent and a child forked without exec. */
  readonly argumentsAt: number;
};

/** A process, uniquely identified. */
export type ProcessIdentity = { readonly pid: number; readonly startTicks: number };

/** States of proc(5) in which a process is only waiting to be reaped. */
export const ENDED_STATES = 'ZXx';

/** USER_HZ is 100 on every Linux that Node runs on. */
const TICKS_PER_SECOND = 100;

/** A stat file of proc(5): its state, and its other fields by number; null if there is none. */
export function parseStat(
  text: string | null
): { readonly state: string; readonly field: (n: number) => number } | null {
  if (text === null) {
    return null;
  }
  // The name in parentheses may contain spaces and parentheses; the last parenthesis ends it.
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  return { state: fields[0]!, field: (n: number) => Number(fields[n - 3]) };
}

/** Read /proc/PID/stat; null if there is no such process. */
export function readProcess(files: IHostFiles, pid: number): ProcessStat | null {
  const stat = parseStat(readOrNull(files, PROC.stat(pid)));
  if (stat === null) {
    return null;
  }
  const { state, field } = stat;
  return {
    pid,
    state,
    parentPid: field(4),
    cpuSeconds: (field(14) + field(15) + field(16) + field(17)) / TICKS_PER_SECOND,
    threads: field(20),
    startTicks: field(22),
    argumentsAt: field(48) || 0
  };
}

/**
 * Why this exact process cannot be worked with, as an errno; null if it runs.
 *
 * #### Notes
 * `ESRCH` if it has definitely ended: it does not exist, is waiting to be reaped, or its pid has
 * been reused. Any other errno if that is unknown, for lack of descriptors or memory.
 */
export function whyNotAlive(files: IHostFiles, process: ProcessIdentity): string | null {
  try {
    const { state, field } = parseStat(files.read(PROC.stat(process.pid)))!;
    const isAnother = field(22) !== process.startTicks;
    return isAnother || ENDED_STATES.includes(state) ? 'ESRCH' : null;
  } catch (failure) {
    return saysAbsent(failure) ? 'ESRCH' : errnoOf(failure);
  }
}

/** Whether this exact process still runs; false if unknown. */
export function isAlive(files: IHostFiles, process: ProcessIdentity): boolean {
  return whyNotAlive(files, process) === null;
}

/** Whether this exact process has ended; false if unknown. */
export function hasEnded(files: IHostFiles, process: ProcessIdentity): boolean {
  return whyNotAlive(files, process) === 'ESRCH';
}

/** The real user id of a process; null if the pid is not a process, though perhaps a thread. */
export function readUserId(files: IHostFiles, pid: number): number | null {
  const status = readOrNull(files, PROC.status(pid)) ?? '';
  const numberOf = (pattern: RegExp) => Number(pattern.exec(status)?.[1] ?? NaN);
  const uid = numberOf(/^Uid:\s+(\d+)/m);
  const isThread = numberOf(/^Tgid:\s+(\d+)/m) !== pid && /^Tgid:/m.test(status);
  return isThread || Number.isNaN(uid) ? null : uid;
}

/** The figures of one thread so far. */
export type ThreadStat = {
  readonly pid: number;
  readonly tid: number;
  /** Together with `tid` it identifies a thread uniquely. */
  readonly startTicks: number;
  readonly cpuTicks: number;
  /** Whether it is running or runnable. */
  readonly isRunnable: boolean;
};

/** Read the figures of a thread; null if it has ended. */
export function readThread(files: IHostFiles, pid: number, tid: number): ThreadStat | null {
  const stat = parseStat(readOrNull(files, PROC.threadStat(pid, tid)));
  if (stat === null) {
    return null;
  }
  const { state, field } = stat;
  const cpuTicks = field(14) + field(15);
  return { pid, tid, startTicks: field(22), cpuTicks, isRunnable: state === 'R' };
}

/** The threads of a process; none if it has ended. */
export function readThreads(files: IHostFiles, pid: number): readonly number[] {
  return listOrNone(files, PROC.threads(pid)).map(Number);
}

/** The CPUs that a thread, or a process's main thread, may use; null if it has ended. */
export function readMask(files: IHostFiles, pid: number, tid = pid): CpuSet | null {
  return maskIn(readOrNull(files, PROC.threadStatus(pid, tid)));
}

/** The mask in a `status` file of /proc; null if it has none. */
export function maskIn(status: string | null): CpuSet | null {
  const list = /^Cpus_allowed_list:\s+(\S+)/m.exec(status ?? '')?.[1];
  return list === undefined ? null : parseCpuList(list);
}

const NONE: ReadonlySet<number> = new Set();

/** The children of a process; none if it has ended. */
function readChildren(files: IHostFiles, pid: number): readonly number[] {
  return readThreads(files, pid).flatMap(tid =>
    (readOrNull(files, PROC.threadChildren(pid, tid)) ?? '').split(' ').filter(Boolean).map(Number)
  );
}

/**
 * A process and all its descendants, parents before children.
 *
 * #### Notes
 * A single pass: forks during the pass may be missed, so callers repeat it
 * until nothing is new. A child whose parent ended belongs to init and is not
 * found; it does stay in its cgroup. The cost grows with the threads of
 * the tree, not with the processes of the machine. `others` are processes that
 * are roots of their own trees.
 */
export function readTree(
  files: IHostFiles,
  rootPid: number,
  others: ReadonlySet<number> = NONE
): readonly number[] {
  const tree = new Set([rootPid]);
  // A set is iterated in the order of insertion, including what is added meanwhile.
  for (const pid of tree) {
    readChildren(files, pid).forEach(child => others.has(child) || tree.add(child));
  }
  return [...tree];
}

/**
 * The given process that a process is or descends from, if any.
 *
 * #### Notes
 * Processes of other pid namespaces, and those whose parents ended, are not found.
 */
export function findAncestor<T>(
  files: IHostFiles,
  pid: number,
  candidates: ReadonlyMap<number, T>
): T | null {
  for (let at = pid; at > 1; at = readProcess(files, at)?.parentPid ?? 0) {
    const found = candidates.get(at);
    if (found !== undefined) {
      return found;
    }
  }
  return null;
}
