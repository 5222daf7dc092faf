import { gpusOf, Harness, nodeOf } from '../../testing/harness';

const GIB = 1024 ** 3;
const TWO = { exclusive: true, cpus: { kind: 'fixed', n: 2 } } as const;

describe('holders that come again', () => {
  let node: Harness;

  beforeEach(() => {
    node = new Harness(nodeOf({ gpus: gpusOf(1) }));
  });

  const entryOf = (id: string) => node.state.holders.get(id)!;

  it('[GATE2] another process of the same number is another holder: what the first had is free', () => {
    node.holder('k');
    node.claim('before', 'k', { gpus: 1 });
    node.holder('other');
    node.claim('next', 'other', { gpus: 1 });
    expect([...node.grants.keys()]).toEqual(['before']);
    const holder = { ...entryOf('k').holder, startTicks: 2 };
    node.send({ type: 'holderArrived', holder });
    expect([...node.grants.keys()]).toEqual(['before', 'next']);
  });

  it('[SEC8] the same process stays its user’s, whoever speaks of it', () => {
    node.holder('k', 'ann', ['a']);
    node.holder('k', 'eve', ['e']);
    expect(entryOf('k').holder).toMatchObject({ owner: 'ann', group: ['a'] });
  });

  it('[HOLD2] one is put inside of who comes between, and never out of the nearest', () => {
    node.holder('outer');
    node.holder('inner', 'user', [], 'outer');
    node.holder('between', 'user', [], 'outer');
    node.holder('inner', 'user', [], 'between');
    expect(entryOf('inner').parent).toBe(entryOf('between'));
    node.holder('inner', 'user', [], 'outer');
    expect(entryOf('inner').parent).toBe(entryOf('between'));
    expect([...entryOf('outer').children]).toEqual([entryOf('between')]);
  });

  it('[HOLD2] none is put inside of what is inside of it', () => {
    node.holder('outer');
    node.holder('inner', 'user', [], 'outer');
    node.holder('outer', 'user', [], 'inner');
    expect(entryOf('outer').parent).toBeNull();
  });

  it('[ADM9] of two that keep enough, the longest idle gives', () => {
    ['a', 'b', 'c'].forEach(id => node.holder(id));
    node.claim('1', 'a', { memoryBytes: 20 * GIB, hold: true });
    node.claim('2', 'b', { memoryBytes: 20 * GIB, hold: true });
    node.end('2');
    node.wait(5000);
    node.end('1');
    node.wait(60_000);
    expect(node.state.keeping.size).toBe(2);
    node.holder('busy');
    node.claim('4', 'busy', { memoryBytes: GIB });
    node.claim('3', 'c', { memoryBytes: 35 * GIB });
    expect(node.grants.has('3')).toBe(true);
    expect(Array.from(node.state.keeping, it => it.holder.id)).toEqual(['a']);
  });

  it('[ADM10] a cell stays inside of the outermost when the one between has ended', () => {
    node = new Harness(nodeOf());
    node.holder('k');
    node.claim('outer', 'k', TWO);
    node.claim('between', 'k', TWO, { outerId: 'outer' });
    node.claim('inner', 'k', TWO, { outerId: 'between' });
    node.end('between');
    expect(node.state.pool.promised).toBe(2);
  });
});
