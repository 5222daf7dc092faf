import { cpusOf, Harness, nodeOf } from '../../testing/harness';
import type { Effect } from '../effects';
import type { PolicyName } from '../events';

const ONE_CPU = { cpus: { kind: 'fixed', n: 1 } } as const;

/** The kinds of what is ordered for one holder. */
function orders(effects: readonly Effect[]): readonly string[] {
  return effects.map(it => it.type).filter(it => it === 'confine' || it === 'remask');
}

describe('what a holder is confined to', () => {
  let node: Harness;

  beforeEach(() => {
    node = new Harness(nodeOf({ cpus: cpusOf({ cores: 2 }) }));
  });

  const cpus = (...ids: readonly string[]) => ids.map(id => node.confinement(id).cpus);

  const choose = (policy: PolicyName) => node.send({ type: 'policyChosen', policy, by: null });

  const partitioned = (...ids: readonly string[]) => {
    choose('partitioned');
    ids.forEach(id => node.holder(id));
  };

  it('[ENF4] is ordered again, once, when all that it holds is known, and its gate is told', () => {
    node.holder('k');
    node.claim('1', 'k');
    const settled = node.send({ type: 'holderSettled', holderId: 'k' });
    expect(orders(settled)).toEqual(['confine', 'remask']);
    // Every holder is looked at again, and this one has what it had.
    expect(orders(choose('naive'))).toEqual([]);
  });

  it('[CPU4] is the whole node as soon as one of its cells is not placed', () => {
    node.holder('k');
    node.claim('1', 'k', ONE_CPU);
    expect(cpus('k')).toEqual([[0]]);
    node.claim('2', 'k');
    expect(cpus('k')).toEqual([null]);
  });

  it('[CPU2] is divided anew among all holders when one arrives, and when one is gone', () => {
    partitioned('a');
    expect(cpus('a')).toEqual([[0, 1]]);
    node.holder('b');
    expect(cpus('a', 'b')).toEqual([[0], [1]]);
    node.send({ type: 'holderGone', holderId: 'a' });
    expect(cpus('b')).toEqual([[0, 1]]);
  });

  it('[CPU2] is a CPU that is shared in turn where there are more holders than CPUs', () => {
    partitioned('a', 'b', 'c');
    expect(cpus('a', 'b', 'c')).toEqual([[0], [1], [0]]);
  });
});
