import { compareText, firstDifference } from '../../lib/comparators';
import type { ClaimEntry, State } from '../state';
import { useAt } from '../policy/fairness';

/**
 * ADM6, in this order:
 * 1. the higher priority,
 * 2. the user who used less lately (FAIR3),
 * 3. the earlier arrival,
 * 4. the id, so that a replay is exact.
 */
export function admissionOrder(state: State): (a: ClaimEntry, b: ClaimEntry) => number {
  const useOf = (entry: ClaimEntry) => {
    const user = state.users.get(entry.holder.holder.owner);
    return user ? useAt(user, state.nowMs) : 0;
  };
  return firstDifference<ClaimEntry>(
    (a, b) => b.claim.ask.priority - a.claim.ask.priority,
    (a, b) => useOf(a) - useOf(b),
    (a, b) => a.arrivedMs - b.arrivedMs,
    (a, b) => compareText(a.claim.id, b.claim.id)
  );
}
