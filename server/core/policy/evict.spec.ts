import { ANN, Harness, nodeOf } from '../../testing/harness';
import { endOf, storyOf } from '../../testing/told';
import type { Effect } from '../effects';

const GIB = 1024 ** 3;
const MOST = { memoryBytes: 50 * GIB };

const interruptedIn = (effects: readonly Effect[]): readonly string[] =>
  effects.flatMap(it => (it.type === 'interrupt' ? [it.claimId] : []));

describe('an eviction by an administrator', () => {
  let node: Harness;

  const evict = (holderId: string, claimId: string | null = null, graceMs: number | null = 0) =>
    node.send({ type: 'evictionChosen', holderId, claimId, graceMs, why: 'a reboot', by: ANN });

  beforeEach(() => {
    node = new Harness(nodeOf());
    node.holder('k1');
    node.holder('k2');
  });

  it('[ADMIN4] interrupts a running cell, and says who ordered it and why', () => {
    node.claim('a', 'k1', MOST);
    node.claim('b', 'k2', MOST);
    expect(interruptedIn(evict('k1', 'a'))).toEqual(['a']);
    const effects = node.send({
      type: 'claimEnded',
      claimId: 'a',
      outcome: 'interrupted',
      cpuSeconds: null
    });
    expect(effects).toContainEqual(expect.objectContaining({ type: 'grant', claimId: 'b' }));
    expect(endOf(node.state, 'a')).toBe(
      'The grant of this cell was taken back: ann, an administrator of this node, ordered it (a reboot).'
    );
    expect(storyOf(node.state, 'a')).toContain(
      'Interrupted: ann, an administrator of this node, ordered it (a reboot).'
    );
  });

  it('[ADMIN4] comes after its grace, or after the configured one', () => {
    node.claim('a', 'k1');
    expect(interruptedIn(evict('k1', 'a', 2000))).toEqual([]);
    expect(storyOf(node.state, 'a').at(-1)).toMatch(
      /^Will be evicted in 2 s: ann, an administrator/
    );
    expect(interruptedIn(node.wait(1000))).toEqual([]);
    expect(interruptedIn(node.wait(1000))).toEqual(['a']);
    node.end('a');
    node.claim('b', 'k1');
    evict('k1', 'b', null);
    expect(interruptedIn(node.wait(9000))).toEqual([]);
    expect(interruptedIn(node.wait(1000))).toEqual(['b']);
  });

  it('[ADMIN4] of a holder is of all that it runs and keeps', () => {
    node.claim('kept', 'k1', { ...MOST, hold: true });
    node.end('kept');
    node.claim('c', 'k2');
    node.claim('d', 'k2', {}, { outerId: 'c' });
    expect(interruptedIn(evict('k1'))).toEqual([]);
    expect(node.state.holders.get('k1')!.held).toBeNull();
    expect(storyOf(node.state, 'kept').at(-1)).toBe(
      'Released the kept grant at the request of ann.'
    );
    expect(interruptedIn(evict('k2'))).toEqual(['c', 'd']);
  });

  it('[ADMIN4] leaves nothing of a cell that would have kept its grant', () => {
    node.claim('a', 'k1', { ...MOST, hold: true });
    evict('k1');
    node.end('a');
    expect(node.state.holders.get('k1')!.held).toBeNull();
  });

  it('[ADMIN4] changes nothing where nothing is', () => {
    node.claim('a', 'k1');
    expect(interruptedIn(evict('k2', 'a'))).toEqual([]);
    expect(interruptedIn(evict('nobody'))).toEqual([]);
    expect(interruptedIn(evict('k1', 'none'))).toEqual([]);
  });

  it('[ADMIN4] of a claim leaves what its holder keeps', () => {
    node.claim('kept', 'k1', { ...MOST, hold: true });
    node.end('kept');
    evict('k1', 'kept');
    expect(node.state.holders.get('k1')!.held).not.toBeNull();
  });

  it('[ADMIN2] takes back for no claim that waits for the end of a drain', () => {
    node.claim('a', 'k1', MOST);
    node.claim('b', 'k2', MOST);
    const [a] = node.state.running;
    const [b] = node.state.queue;
    const why = { kind: 'runtime', group: 'a', mostMs: 0 } as const;
    a!.phase.eviction = { atMs: 1e12, why, beneficiary: b!, told: false };
    node.state.evicting.add(a!);
    node.send({ type: 'drainChosen', drain: { by: 'ann', why: null, sinceMs: 0 }, by: ANN });
    node.wait(1000);
    expect(storyOf(node.state, 'a').at(-1)).toBe('Spared: its place is not needed any more.');
  });
});

describe('a cancellation by an administrator', () => {
  it('[ADMIN3] says who cancelled the claim, and why if they said so', () => {
    const node = new Harness(nodeOf());
    ['k1', 'k2', 'k3'].forEach(it => {
      node.holder(it);
      node.claim(`of-${it}`, it, MOST);
    });
    node.send({ type: 'claimCancelled', claimId: 'of-k2', by: ANN, why: 'a reboot' });
    node.send({ type: 'claimCancelled', claimId: 'of-k3', by: ANN });
    expect(['of-k2', 'of-k3'].map(it => endOf(node.state, it))).toEqual([
      'This cell was cancelled by ann (a reboot) while it waited for memory. It did not run.',
      'This cell was cancelled by ann while it waited for memory. It did not run.'
    ]);
  });
});
