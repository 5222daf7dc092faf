import type { Event } from '../events';
import { onHoldReleased } from '../holder/holds';
import type { State } from '../state';
import { carryOutEvictions, scheduleEviction } from './preempt';

/** An administrator takes back what a claim has, or all that a holder has and keeps (ADMIN4). */
export function onEvictionChosen(
  state: State,
  event: Extract<Event, { type: 'evictionChosen' }>
): void {
  const { holderId, claimId, by } = event;
  const why = { kind: 'ordered', by: by.name, why: event.why } as const;
  const graceMs = event.graceMs ?? state.shares.sharing.graceMs;
  for (const entry of state.holders.get(holderId)?.running ?? []) {
    if (claimId === null || claimId === entry.claim.id) {
      scheduleEviction(state, entry, { why, graceMs, beneficiary: null });
    }
  }
  claimId === null && onHoldReleased(state, { holderId, by });
  carryOutEvictions(state);
}
