import type { Reason, Resource } from '../protocol/view';
import type { Obstacle } from './place/obstacle';
import type { State, WaitingEntry } from './state';
import { tell } from './story';

/** What each waiting claim that was looked at lacks. */
export type Waits = Map<WaitingEntry, Obstacle>;

/** Reasons of this many at the front of each queue are worked out anew at each cycle. */
export const FRESH_MAX = 16;

/** Tell each claim that waits why it waits and where it stands, where that changed. */
export function tellPlaces(state: State, waits: Waits): void {
  const places: Record<Resource, number> = { cpus: 0, memory: 0, gpus: 0 };
  for (const entry of state.queue) {
    const { phase } = entry;
    const lacks = waits.get(entry);
    const resource = lacks?.resource ?? phase.reason.resource;
    const position = (places[resource] += 1);
    const isStale = phase.position === 0 || resource !== phase.reason.resource;
    const reason = lacks && (position <= FRESH_MAX || isStale) ? lacks.reason() : phase.reason;
    if (reason.sentence !== phase.reason.sentence || position !== phase.position) {
      noteBlocker(state, entry, reason);
      phase.reason = reason;
      phase.position = position;
      const { id, holderId } = entry.claim;
      const { sentence } = reason;
      state.messages.push({ type: 'wait', holderId, claimId: id, sentence, position });
    }
  }
}

/** A story tells who stands in the way, not each figure that moves. */
function noteBlocker(state: State, entry: WaitingEntry, reason: Reason): void {
  const known = entry.phase.reason;
  const isOther =
    entry.phase.position === 0 ||
    reason.resource !== known.resource ||
    reason.blockers[0]?.kernelId !== known.blockers[0]?.kernelId;
  isOther && tell(state, entry, `Waits ${reason.sentence}.`);
}
