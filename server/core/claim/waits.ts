import { isSame } from '../../lib/plainData';
import type { Reason } from '../../protocol/facts';
import { lineOf, type Obstacle } from '../queue/obstacle';
import type { WaitingEntry } from '../entries';
import type { State } from '../state';
import { tell } from './story';

/** What each waiting claim that was considered lacks. */
export type Waits = Map<WaitingEntry, Obstacle>;

/** The reasons of this many at the front of each queue are recomputed at each cycle. */
const FRESH_MAX = 16;

/** On nodes with more holders than this, known reasons are renewed only at a tick. */
const HOLDERS_MAX = 256;

/**
 * Report to each waiting claim why it waits and its position, if that changed.
 *
 * #### Notes
 * Far back in a queue only the first reason is sent: its position is in the snapshot.
 */
export function tellPlaces(state: State, waits: Waits, isTick: boolean): void {
  const isExact = isTick || state.holders.size <= HOLDERS_MAX;
  const places = new Map<string, number>();
  for (const entry of state.queue) {
    const { phase } = entry;
    const lacks = waits.get(entry);
    const line = lacks ? lineOf(lacks) : phase.line;
    const position = (places.get(line) ?? 0) + 1;
    places.set(line, position);
    const isStale = phase.position === 0 || line !== phase.line;
    const isNear = position <= FRESH_MAX && isExact;
    const reason = lacks && (isNear || isStale) ? lacks.reason() : phase.reason;
    const isOther = position !== phase.position || isNews(reason, phase.reason);
    const isTold = isOther && (position <= FRESH_MAX || isStale);
    isOther && noteBlocker(state, entry, reason);
    phase.reason = reason;
    phase.cap = lacks ? (lacks.cap ?? null) : phase.cap;
    phase.line = line;
    phase.position = position;
    if (isTold) {
      const { id, holderId } = entry.claim;
      state.messages.push({ type: 'wait', holderId, claimId: id, reason, position });
    }
  }
}

/** Whether a reason differs; what the blockers do meanwhile is in the snapshot. */
function isNews(reason: Reason, known: Reason): boolean {
  return reason !== known && !isSame(said(reason), said(known));
}

function said(reason: Reason): object {
  const blockers = reason.blockers.map(({ holderId, holderName, holds }) => ({
    holderId,
    holderName,
    holds
  }));
  return { ...reason, blockers };
}

/** A story names the blockers, not every figure that changes. */
function noteBlocker(state: State, entry: WaitingEntry, reason: Reason): void {
  const known = entry.phase.reason;
  const isOther =
    entry.phase.position === 0 ||
    reason.resource !== known.resource ||
    (reason.kind === 'drained') !== (known.kind === 'drained') ||
    reason.blockers[0]?.holderId !== known.blockers[0]?.holderId;
  isOther && tell(state, entry, { kind: 'waits', reason });
}
