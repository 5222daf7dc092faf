import { createHash, timingSafeEqual } from 'node:crypto';

import type { IProcesses, KnownProcess, ProcessIdentity } from './ports';

/** How far up a process's ancestors are searched. */
const ANCESTORS_MAX = 64;

/** The processes that a process came from, the nearest first, as far as they live; without the first of all. */
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

/** Whether a process is this one, which lives, or descends from it. */
export function isWithin(processes: IProcesses, pid: number, root: ProcessIdentity): boolean {
  const isAlive = !processes.hasEnded(root); // or cannot be looked at now
  return isAlive && (pid === root.pid || ancestorsOf(processes, pid).includes(root.pid));
}

/**
 * SEC7: why a process can be no holder of a user, in words; null where it can.
 *
 * #### Notes
 * What the sidecar came from is none: a holder is held to what it was granted with all that
 * it started, and the sidecar would be held with it.
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

/** What is kept of a holder's token (SEC6): enough to know it by, and not to say it. */
export function digestOf(token: string): string {
  return createHash('sha256').update(token).digest('hex');
}

/** SEC6: whether who tells this token, or none, may speak for a holder: it is the first one's, if that told any. */
export function maySpeak(holder: KnownProcess, tokenDigest: string | null): boolean {
  const own = holder.tokenDigest ?? null;
  return own === null || (tokenDigest !== null && isSame(own, tokenDigest));
}

/** In a time that does not tell how much of them is the same. */
function isSame(a: string, b: string): boolean {
  return a.length === b.length && timingSafeEqual(Buffer.from(a), Buffer.from(b));
}
