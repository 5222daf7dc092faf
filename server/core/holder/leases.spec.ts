import { gpusOf, Harness, nodeOf } from '../../testing/harness';
import { seniorityAfter } from '../policy/seniority';

const GIB = 1024 ** 3;
const fixed = (n: number) => ({ cpus: { kind: 'fixed', n } }) as const;
const exclusive = (n: number) => ({ exclusive: true, ...fixed(n) });

describe('what leases count', () => {
  let node: Harness;

  beforeEach(() => {
    node = new Harness(nodeOf({ gpus: gpusOf(1) }));
    ['a', 'b'].forEach(id => node.holder(id));
  });

  const rateOf = (...ids: readonly string[]) =>
    ids.reduce((sum, id) => sum + node.state.holders.get(id)!.useRate, 0);

  it('[CPU5] a holder gets the CPUs again that it had last, though others are free', () => {
    node.claim('1', 'a', fixed(1));
    node.claim('2', 'b', fixed(1));
    const { cpus } = node.grants.get('2')!;
    node.end('1');
    node.end('2');
    node.claim('3', 'b', fixed(1));
    expect(node.grants.get('3')!.cpus).toEqual(cpus);
    expect(cpus).not.toEqual(node.grants.get('1')!.cpus);
  });

  it('[ADM7] what yielded counts no more once it has ended', () => {
    node.claim('1', 'a', exclusive(2));
    node.claim('2', 'b', exclusive(3));
    node.holder('c');
    node.claim('3', 'c', fixed(1));
    expect(node.state.pool.yielding).toBe(1);
    node.end('3');
    expect(node.state.pool.yielding).toBe(0);
  });

  it('[FAIR3] CPUs that are merely pinned are no use, exclusive ones are, as is what is kept', () => {
    node.claim('1', 'a', fixed(2));
    expect(rateOf('a')).toBe(0);
    node.claim('2', 'b', { memoryBytes: 30 * GIB, hold: true });
    node.end('2');
    expect(rateOf('b')).toBe(0.5);
  });

  it('[FAIR3] a holder that is gone uses nothing, whether its cell ran or it kept a grant', () => {
    const { user } = node.state.holders.get('a')!;
    node.claim('1', 'a', { memoryBytes: 15 * GIB });
    node.claim('2', 'b', { memoryBytes: 15 * GIB, hold: true });
    node.end('2');
    expect(user.use.rate).toBe(0.5);
    ['a', 'b'].forEach(holderId => node.send({ type: 'holderGone', holderId }));
    expect(user.use.rate).toBe(0);
  });

  it.each([
    ['exclusive CPUs', exclusive(2)],
    ['memory', { memoryBytes: 30 * GIB }]
  ])('[FAIR3] counts %s once that a child draws on', (_, ask) => {
    node.claim('1', 'a', ask);
    node.holder('child', 'user', [], 'a');
    node.claim('2', 'child', ask);
    expect(node.grants.has('2')).toBe(true);
    expect(rateOf('a', 'child')).toBe(0.5);
  });

  it('[ADM10] memory of a child that is gone is its parent’s to use again, and no more than that', () => {
    node.claim('1', 'a', { memoryBytes: 40 * GIB });
    node.holder('child', 'user', [], 'a');
    node.measure('child', { memoryBytes: 10 * GIB });
    node.send({ type: 'holderGone', holderId: 'child' });
    expect(node.state.committedBytes).toBe(40 * GIB);
  });

  it('[ADM9] a kept set counts in full for the cell that takes it over', () => {
    node.claim('kept', 'a', { ...fixed(2), hold: true });
    node.end('kept');
    node.claim('1', 'a', fixed(2));
    ['c', 'd'].forEach(id => node.holder(id));
    node.claim('2', 'b', fixed(2));
    node.claim('3', 'c', fixed(2));
    node.claim('4', 'd', fixed(2));
    const taken = ['1', '2', '3', '4'].flatMap(id => node.grants.get(id)!.cpus!);
    expect(taken.sort()).toEqual([0, 0, 1, 1, 2, 2, 3, 3]);
  });

  it('[FAIR3] users without holders are forgotten where there are many', () => {
    for (let n = 0; n < 4100; n += 1) {
      node.holder('passer-by', `user-${n}`);
      node.send({ type: 'holderGone', holderId: 'passer-by' });
    }
    node.wait(1000);
    const { user } = node.state.holders.get('a')!;
    expect(user.parent!.children.size).toBe(4096);
    expect(user.parent!.children.get(user.name)).toBe(user);
  });

  it('[MEM1] what an idle holder kept is granted as soon as it is gone', () => {
    node.claim('1', 'a', { memoryBytes: GIB });
    node.measure('b', { memoryBytes: 50 * GIB });
    node.holder('c');
    node.claim('2', 'c', { memoryBytes: 20 * GIB });
    expect(node.grants.has('2')).toBe(false);
    node.send({ type: 'holderGone', holderId: 'b' });
    expect(node.grants.has('2')).toBe(true);
  });
});

describe('the weight of a cell', () => {
  it('[CPU7] halves as soon as it has used what a level says', () => {
    const used = [0, 1.99, 2, 15.99, 16, 1024, 1e9];
    expect(used.map(seniorityAfter)).toEqual([1, 1, 1 / 2, 1 / 2, 1 / 4, 1 / 16, 1 / 16]);
  });
});
