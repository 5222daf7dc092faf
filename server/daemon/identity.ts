import { createHash, timingSafeEqual } from 'node:crypto';

import type { IProcesses, KnownProcess, ProcessIdentity } from './ports';

/** How far up a process's ancestors are searched. */
const ANCESTORS_MAX = 64;

/** The live ancestors of a process, nearest first; without the init process. */
export function ancestorsOf(processes: IProcesses, pid: number): readonly number[] {
  const found: number[] = [];
  for (let at = pid; found.length < ANCESTORS_MAX;) {
    at = processes.find(at)?.parentPid ?? 0;
    if (at <= 1) {
      break;
    }
    found.push(at);
  }
  return found;
}

/** Whether a process is `root`, which must be alive, or descends from it. */
export function isWithin(processes: IProcesses, pid: number, root: ProcessIdentity): boolean {
  const isAlive = !processes.hasEnded(root); // or cannot be read now
  return isAlive && (pid === root.pid || ancestorsOf(processes, pid).includes(root.pid));
}

/**
 * SEC7: why a process cannot be a holder of a user, in words; null if it can.
 *
 * #### Notes
 * The sidecar's ancestors are none: a holder is confined to its grant together with all that
 * it started, and the sidecar would be confined with it.
 */
export function whyNoHolder(
  processes: IProcesses,
  { pid, startTicks }: ProcessIdentity,
  uid: number
): string | null {
  const facts = processes.find(pid);
  if (facts && facts.startTicks !== startTicks) {
    return 'it started at another time, so the process that was meant is gone';
  }
  if ([1, process.pid, ...ancestorsOf(processes, process.pid)].includes(pid)) {
    return 'it is the sidecar, or what started it';
  }
  const user = facts && processes.userOf(pid);
  if (user === null) {
    return processes.hasEnded({ pid, startTicks })
      ? 'there is no such process'
      : 'it is a thread, not a process, or cannot be inspected now';
  }
  return user === uid ? null : 'it belongs to another user';
}

/** What is stored of a holder's token (SEC6): enough to verify it, not to reveal it. */
export function digestOf(token: string): string {
  return createHash('sha256').update(token).digest('hex');
}

/** SEC6: whether a caller with this token, or none, may speak for a holder: it must match the first one, if any. */
export function maySpeak(holder: KnownProcess, tokenDigest: string | null): boolean {
  const own = holder.tokenDigest ?? null;
  return own === null || (tokenDigest !== null && isSame(own, tokenDigest));
}

/** Compares in constant time, which does not reveal how much of them is equal. */
function isSame(a: string, b: string): boolean {
  return a.length === b.length && timingSafeEqual(Buffer.from(a), Buffer.from(b));
}
