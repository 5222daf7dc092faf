import type { Drain } from '../../protocol/facts';
import { ANN, gpusOf, Harness, nodeOf } from '../../testing/harness';
import { endOf, storyOf, whyOf } from '../../testing/told';
import type { Effect } from '../effects';
import { snapshot } from '../view';
import { fitOf } from './fit';
import { NOTHING_ASKED } from '../../protocol/ask';

const GIB = 1024 ** 3;
const DRAIN: Drain = { by: 'ann', why: 'a reboot at six', sinceMs: 0 };
const HALF = { memoryBytes: 40 * GIB };
const WHY = 'because the node is being drained by ann: a reboot at six';

/** Who is granted something, in order. */
const grantedIn = (effects: readonly Effect[]): readonly string[] =>
  effects.flatMap(it => (it.type === 'grant' ? [it.claimId] : []));

describe('a drained node', () => {
  let node: Harness;

  const drain = (it: Drain | null) => node.send({ type: 'drainChosen', drain: it, by: ANN });

  beforeEach(() => {
    node = new Harness(nodeOf({ gpus: gpusOf(1) }));
    ['k1', 'k2', 'k3'].forEach(it => node.holder(it));
  });

  it('[ADMIN2] lets each new claim wait for its end, whatever it asks for, and says why', () => {
    drain(DRAIN);
    expect(grantedIn(node.claim('a', 'k1'))).toEqual([]);
    expect(grantedIn(node.claim('b', 'k2', { gpus: 1 }))).toEqual([]);
    expect([whyOf(node.state, 'a'), whyOf(node.state, 'b')]).toEqual([WHY, WHY]);
    expect(storyOf(node.state, 'a')).toEqual(['Claimed.', `Waits ${WHY}.`]);
    expect(snapshot(node.state, 0, '').node.drain).toEqual(DRAIN);
    expect(grantedIn(drain(null))).toEqual(['a', 'b']);
    expect(snapshot(node.state, 0, '').node.drain).toBeNull();
  });

  it('[ADMIN2] lets running cells go on, and the cells inside them start', () => {
    node.claim('outer', 'k1', HALF);
    node.holder('inner', 'user', [], 'k1');
    drain(DRAIN);
    expect(grantedIn(node.claim('in-kernel', 'inner', { memoryBytes: GIB }))).toEqual([
      'in-kernel'
    ]);
    expect(grantedIn(node.claim('nested', 'k1', {}, { outerId: 'outer' }))).toEqual(['nested']);
    node.end('nested');
    node.end('in-kernel');
    node.end('outer');
    expect(grantedIn(node.claim('next', 'k1'))).toEqual([]);
  });

  it('[ADMIN2] lets a claim that waited before wait for nothing else, and be admitted in its turn', () => {
    node.claim('runs', 'k1', HALF);
    node.claim('first', 'k2', HALF);
    node.claim('second', 'k3', { memoryBytes: 50 * GIB });
    drain(DRAIN);
    expect(whyOf(node.state, 'first')).toBe(WHY);
    expect(grantedIn(node.end('runs'))).toEqual([]);
    expect(grantedIn(drain(null))).toEqual(['first']);
    expect(whyOf(node.state, 'second')).toContain('for 50 GiB; 40 GiB held by k2');
  });

  it('[ADMIN2] refuses a claim that waited for as long as it allows', () => {
    drain(DRAIN);
    node.claim('a', 'k1', { maxWaitMs: 5000 });
    node.wait(6000);
    expect(endOf(node.state, 'a')).toContain('waited 6 s for the drain of the node to end, longer');
  });

  it('[ADMIN2] keeps what a kernel keeps, for the cell that waits meanwhile', () => {
    node.claim('kept', 'k1', { ...HALF, hold: true });
    node.end('kept');
    drain(DRAIN);
    expect(grantedIn(node.claim('next', 'k1', HALF))).toEqual([]);
    node.claim('other', 'k2', HALF);
    node.wait(60_000);
    expect(storyOf(node.state, 'kept').join()).not.toContain('Released');
    expect(grantedIn(drain(null))).toEqual(['next']);
    expect(storyOf(node.state, 'next')).toContain(
      'Takes over the grant that an earlier cell kept.'
    );
  });

  it('[ADMIN2] [GATE6] withdraws what a kernel that runs alone may do, but not a cell that has started', () => {
    node.claim('a', 'k1');
    const stands = drain(DRAIN).filter(it => it.type === 'stand');
    expect(stands).toEqual([{ type: 'stand', holderId: 'k1', isGiven: false }]);
    const claim = {
      id: 'b',
      holderId: 'k1',
      outerId: null,
      cellId: null,
      label: null,
      sourceHash: null,
      ask: NOTHING_ASKED
    };
    node.end('a');
    const sent = { type: 'claimArrived', claim, granted: null, waitingSinceMs: null } as const;
    const effects = node.send({ ...sent, claim: { ...claim, hasStarted: true } });
    expect(grantedIn(effects)).toEqual(['b']);
    expect(effects.some(it => it.type === 'stand' && it.isGiven)).toBe(false);
  });

  it('[ADM11] [ADMIN2] says so to whoever asks what would happen to a cell', () => {
    drain(DRAIN);
    const holder = node.state.holders.get('k1')!;
    expect(fitOf(node.state, holder, NOTHING_ASKED)).toMatchObject({
      kind: 'waits',
      reason: { kind: 'drained', drain: DRAIN }
    });
  });

  it('[ADMIN2] grants at once, when it ends, all that ask for nothing that queues', () => {
    drain(DRAIN);
    const ids = Array.from({ length: 200 }, (_, index) => `c${index}`);
    ids.forEach(id => node.claim(id, 'k1'));
    expect(grantedIn(drain(null))).toHaveLength(ids.length);
  });
});
