import { storyOf } from '../../testing/told';
import { ANN, Harness, nodeOf } from '../../testing/harness';
import type { Effect } from '../effects';
import { EVEN_SHARING } from '../policy/groups';

const GIB = 1024 ** 3;
const { holdIdleMs, holdSafeMs } = EVEN_SHARING;

/** What is to be stored of whom, by an effect of each. */
function keptIn(effects: readonly Effect[]): readonly unknown[] {
  return effects.flatMap(it => (it.type === 'keep' ? [[it.holderId, it.kept?.claim.id]] : []));
}

describe('a kept grant', () => {
  let node: Harness;

  beforeEach(() => {
    node = new Harness(nodeOf());
    ['a', 'b'].forEach(id => node.holder(id));
    node.claim('1', 'a', { memoryBytes: 40 * GIB, hold: true });
  });

  const keepers = () => Array.from(node.state.keeping, it => it.holder.id);
  const lastOf = (id: string) => storyOf(node.state, id).at(-1);

  /** A head of the queue, which waits for what `a` keeps. */
  const queue = () => {
    node.holder('busy');
    node.claim('busy', 'busy', { memoryBytes: GIB });
    node.claim('head', 'b', { memoryBytes: 30 * GIB });
  };

  it('[ADM9] expires when it was idle for as long as it may be, and its story says so', () => {
    node.end('1');
    node.wait(holdIdleMs - 1);
    expect(keepers()).toEqual(['a']);
    expect(keptIn(node.wait(1))).toEqual([['a', undefined]]);
    expect(keepers()).toEqual([]);
    expect(lastOf('1')).toMatch(/after 30 min without a cell/);
  });

  it('[ADM9] does not expire while a cell of its kernel runs, however long', () => {
    node.claim('beside', 'a');
    node.end('1');
    node.wait(2 * holdIdleMs);
    expect(keepers()).toEqual(['a']);
  });

  it('[ADM9] is stored once when it is kept, and once when its owner releases it', () => {
    expect(keptIn(node.end('1'))).toEqual([['a', '1']]);
    expect(keptIn(node.wait(1))).toEqual([]);
    const released = node.send({ type: 'holdReleased', holderId: 'a', by: ANN });
    expect(keptIn(released)).toEqual([['a', undefined]]);
    expect(lastOf('1')).toMatch(/ann/);
    expect(keptIn(node.send({ type: 'holdReleased', holderId: 'a', by: ANN }))).toEqual([]);
  });

  it('[ADM9] of a holder that is gone is stored no more', () => {
    node.end('1');
    expect(keptIn(node.send({ type: 'holderGone', holderId: 'a' }))).toEqual([]);
    expect(keepers()).toEqual([]);
  });

  it('[ADM9] goes to a head of the queue once it was idle long enough, and its story names it', () => {
    node.end('1');
    queue();
    node.wait(holdSafeMs - 1);
    expect(node.grants.has('head')).toBe(false);
    node.wait(1);
    expect(node.grants.has('head')).toBe(true);
    expect(lastOf('1')).toMatch(/\bb\b/);
  });

  it('[ADM9] goes to nobody while a cell of its kernel runs', () => {
    node.claim('beside', 'a');
    node.end('1');
    queue();
    node.wait(2 * holdSafeMs);
    expect(node.grants.has('head')).toBe(false);
    expect(keepers()).toEqual(['a']);
  });
});
