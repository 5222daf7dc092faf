import type { CapOrder } from '../core/cap/capOrders';
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
    () => ({ type: 'capsOrdered', orders: capsOf(random, state.nowMs), by: ANN }),
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

function capsOf(random: RandomSource, sinceMs: number): readonly CapOrder[] {
  const gpus = random.pick([0, 1, 4]);
  const caps = random.pick<CapOrder['caps']>([{ gpus }, { cells: 2 }, { memoryBytes: 2 ** 33 }]);
  const of = random.pick([
    { group: 'all', user: random.pick(['ann', 'bob', 'nobody']) },
    { group: random.pick(['all', 'a', 'b/x', 'none']), user: null }
  ]);
  return random.pick([[], [{ of, caps, by: ANN.name, why: null, sinceMs }]]);
}
