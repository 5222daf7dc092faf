import { isSame } from '../../lib/plainData';
import type { Reason, Resource } from '../../protocol/facts';
import type { Obstacle } from '../queue/obstacle';
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
  const places: Record<Resource, number> = { cpus: 0, memory: 0, gpus: 0 };
  for (const entry of state.queue) {
    const { phase } = entry;
    const lacks = waits.get(entry);
    const resource = lacks?.resource ?? phase.reason.resource;
    const position = (places[resource] += 1);
    const isStale = phase.position === 0 || resource !== phase.reason.resource;
    const isNear = position <= FRESH_MAX && isExact;
    const reason = lacks && (isNear || isStale) ? lacks.reason() : phase.reason;
    const isOther = position !== phase.position || isNews(reason, phase.reason);
    const isTold = isOther && (position <= FRESH_MAX || isStale);
    isOther && noteBlocker(state, entry, reason);
    phase.reason = reason;
    phase.position = position;
    if (isTold) {
      const { id, holderId } = entry.claim;
      state.messages.push({ type: 'wait', holderId, claimId: id, reason, position });
    }
  }
}

/** Whether a reason differs; what the blockers do meanwhile is in the snapshot. */
function isNews(reason: Reason, known: Reason): boolean {
  return !isSame(said(reason), said(known));
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
