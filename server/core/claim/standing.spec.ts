import { EVEN_SHARING } from '../policy/groups';
import type { Effect } from '../effects';
import { ANN, Harness, nodeOf } from '../../testing/harness';

/** Who was told that it may start at once (`+`), or no more (`-`). */
function told(effects: readonly Effect[]): string {
  return effects
    .flatMap(it => (it.type === 'stand' ? `${it.isGiven ? '+' : '-'}${it.holderId}` : []))
    .join(' ');
}

describe('standing grant', () => {
  let node: Harness;

  beforeEach(() => {
    node = new Harness(nodeOf({ gpus: [] }));
    node.holder('k1');
    node.holder('k2');
  });

  it('[GATE6] is given with the first claim of a holder that runs alone, once', () => {
    expect(told(node.claim('a', 'k1'))).toBe('+k1');
    expect(told(node.end('a'))).toBe('');
    expect(told(node.claim('b', 'k1'))).toBe('');
  });

  it('[GATE6] is recalled before another claim hears of its own grant', () => {
    node.claim('a', 'k1');
    const effects = node.claim('b', 'k2');
    expect(told(effects)).toBe('-k1');
    const kinds = effects.map(it => it.type).filter(it => it === 'stand' || it === 'grant');
    expect(kinds).toEqual(['stand', 'grant']);
    node.end('b');
    node.end('a');
    expect(told(node.claim('c', 'k2'))).toBe('+k2');
    expect(told(node.claim('d', 'k1'))).toBe('-k2');
  });

  it.each([
    ['asks for something', { cpus: { kind: 'fixed', n: 1 } }],
    ['has another priority', { priority: 1 }],
    ['keeps its grant', { hold: true }],
    ['says how long it takes', { timeMs: 1000 }]
  ] as const)('[GATE6] is not given to a claim that %s, and ends with one', (_, ask) => {
    expect(told(node.claim('a', 'k1', ask))).toBe('');
    node.end('a');
    node.send({ type: 'holdReleased', holderId: 'k1', by: ANN });
    expect(told(node.claim('b', 'k1'))).toBe('+k1');
    node.end('b');
    expect(told(node.claim('c', 'k1', ask))).toBe('-k1');
  });

  it('[GATE6] is not given while somebody keeps a grant', () => {
    node.claim('a', 'k1', { hold: true, cpus: { kind: 'fixed', n: 1 } });
    node.end('a');
    expect(told(node.claim('b', 'k2'))).toBe('');
  });

  it('[GATE6] ends with whatever changes what a cell would be given', () => {
    const changes = [
      { type: 'defaultsChanged' },
      { type: 'policyChosen', policy: 'naive', by: null },
      { type: 'configured', sharing: EVEN_SHARING },
      { type: 'nodeFound', node: nodeOf() }
    ] as const;
    for (const change of changes) {
      expect(told(node.claim(change.type, 'k1'))).toBe('+k1');
      expect(told(node.send(change))).toBe('-k1');
      node.end(change.type);
    }
  });

  it('[GATE6] ends with its holder, and with a claim that is taken over', () => {
    node.claim('a', 'k1');
    expect(told(node.send({ type: 'holderGone', holderId: 'k1' }))).toBe('');
    expect(told(node.claim('b', 'k2'))).toBe('+k2');
    node.end('b');
    node.holder('k1');
    const claim = { ...[...node.state.claims.values()][0]!.claim, id: 'c', holderId: 'k1' };
    const grant = { cpus: null, threads: null, memoryBytes: null, gpus: [] };
    const granted = { grant, sinceMs: 0 };
    const back = node.send({ type: 'claimArrived', claim, granted, waitingSinceMs: null });
    expect(told(back)).toBe('-k2');
  });
});
