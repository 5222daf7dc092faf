import { named, tell } from '../claim/story';
import { isWaiting, type WaitingEntry } from '../entries';
import type { Event } from '../events';
import type { State } from '../state';
import { byRank, byTurn } from './order';

/**
 * ADM15: a waiting claim goes before the others of its user that rank as it does.
 *
 * #### Notes
 * These exchange their turns among themselves, so that nobody else's place changes. One that is
 * unknown, does not wait, or is the first already stays as it is.
 */
export function onMovedUp(state: State, { claimId }: Extract<Event, { type: 'movedUp' }>): void {
  const entry = state.claims.get(claimId);
  if (!entry || !isWaiting(entry)) {
    return;
  }
  const passed = passedBy(state, entry);
  const turns = [...passed, entry].map(it => it.turn);
  [entry, ...passed].forEach((it, at) => (it.turn = turns[at]!));
  if (passed.length > 0) {
    tell(state, entry, { kind: 'movedUp', count: passed.length });
    passed.forEach(it => tell(state, it, { kind: 'movedBehind', before: named(entry.holder) }));
    state.mayAdmit = true;
  }
}

/** Those that it goes before, in their order. */
function passedBy({ queue }: State, entry: WaitingEntry): WaitingEntry[] {
  return queue
    .filter(it => it.holder.user === entry.holder.user && byRank(it, entry) === 0)
    .sort(byTurn)
    .filter(it => byTurn(it, entry) < 0);
}
