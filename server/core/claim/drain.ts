import type { Event } from '../events';
import { isWaiting } from '../entries';
import { drainObstacle } from '../queue/drained';
import { admissionOrder } from '../queue/order';
import type { State } from '../state';
import { grantAtOnce } from './claims';
import { recallStanding } from './standing';

/** An administrator drains the node, or no longer (ADMIN2). */
export function onDrainChosen(
  state: State,
  { drain }: Extract<Event, { type: 'drainChosen' }>
): void {
  state.drain = drain;
  recallStanding(state);
  drain ? giveUpReservations(state) : resume(state);
  state.mayAdmit = true;
}

/** Nothing is made free for a claim that would not be granted: no eviction, no hold, no memory of a GPU. */
function giveUpReservations(state: State): void {
  for (const entry of state.queue) {
    drainObstacle(state, entry) && (entry.phase.reservation = null);
  }
}

/** What would have been granted on arrival is granted now; the rest is admitted as usual. */
function resume(state: State): void {
  state.queue.sort(admissionOrder(state.nowMs)).forEach(entry => grantAtOnce(state, entry));
  state.queue = state.queue.filter(isWaiting);
}
