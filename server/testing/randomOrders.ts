import type { State } from '../core/step';
import { ANN, type Happening } from './harness';
import type { RandomSource } from './randomSource';

/** A random order of an administrator; drains are short enough to leave something to other orders. */
export function orderOf(random: RandomSource, state: State, holders: readonly string[]): Happening {
  if (state.drain) {
    return { type: 'drainChosen', drain: null, by: ANN };
  }
  const holderId = random.pick([...holders, 'nobody']);
  return random.pick<() => Happening>([
    () => {
      const drain = { by: ANN.name, why: null, sinceMs: state.nowMs };
      return { type: 'drainChosen', drain, by: ANN };
    },
    () => {
      const [entry] = state.holders.get(holderId)?.running ?? [];
      const claimId = random.pick([null, entry?.claim.id ?? 'none']);
      const graceMs = random.pick([null, 0, 5000]);
      return { type: 'evictionChosen', holderId, claimId, graceMs, why: 'x', by: ANN };
    },
    () => {
      const group = random.pick([null, [], ['a'], ['b', 'x'], ['none']]);
      return { type: 'groupAssigned', holderId, group, by: ANN };
    }
  ])();
}
