import { NOTHING_ASKED } from '../protocol/ask';
import type { CpuSet } from '../protocol/cpuset';
import { UNRESTRICTED } from '../protocol/grant';
import { cpusOf, gpusOf, Harness, nodeOf } from '../testing/harness';
import { storyOf } from '../testing/told';
import { snapshot } from './view';

const GIB = 1024 ** 3;

function harness(parts: Parameters<typeof nodeOf>[0] = {}, holders = ['a', 'b', 'c']): Harness {
  const it = new Harness(nodeOf(parts));
  holders.forEach(id => it.holder(id));
  return it;
}

describe('the arbiter', () => {
  it('[CPU2] pins a fixed ask, disjoint from others, and undoes it after', () => {
    const it = harness({ cpus: cpusOf({ cores: 2 }) });
    it.claim('1', 'a', { cpus: { kind: 'fixed', n: 1 } });
    it.claim('2', 'b', { cpus: { kind: 'fixed', n: 1 } });
    expect(it.grants.get('1')).toMatchObject({ cpus: [0], threads: 1 });
    expect(it.grants.get('2')).toMatchObject({ cpus: [1], threads: 1 });
    expect(it.confinement('b').cpus).toEqual([1]);
    it.end('1');
    it.end('2');
    expect([it.confinement('a').cpus, it.confinement('b').cpus]).toEqual([null, null]);
  });

  it('[CPU2] writes nothing for cells that ask nothing on a quiet node', () => {
    const it = harness();
    it.claim('1', 'a');
    it.end('1');
    expect(it.grants.get('1')).toEqual(UNRESTRICTED);
    expect(it.writes).toBe(0);
  });

  it('[ADM3] refuses the impossible naming field, ask and total', () => {
    const it = harness();
    const [effect] = it.claim('1', 'a', { cpus: { kind: 'fixed', n: 64 } });
    expect(effect).toMatchObject({
      type: 'refuse',
      refusal: { code: 'IMPOSSIBLE', details: { path: 'cpus', asked: 64, total: 4 } }
    });
  });

  it('[GPU1] leases a GPU to one holder at a time and queues the next', () => {
    const it = harness({ gpus: gpusOf(1) });
    it.claim('1', 'a', { gpus: 1 });
    expect(it.claim('2', 'b', { gpus: 1 })).toMatchObject([
      { type: 'wait', claimId: '2', position: 1, reason: { blockers: [{ holderId: 'a' }] } }
    ]);
    expect(it.end('1')).toMatchObject([
      { type: 'bind', holderId: 'b', gpus: ['GPU-0'] },
      { type: 'grant', claimId: '2', grant: { gpus: ['GPU-0'] } }
    ]);
  });

  it('[MEM1] admits while promises and residents fit', () => {
    const it = harness();
    it.claim('1', 'a', { memoryBytes: 40 * GIB });
    expect(it.claim('2', 'b', { memoryBytes: 30 * GIB })[0]).toMatchObject({ type: 'wait' });
    expect(it.end('1')).toMatchObject([
      { type: 'confine', confinement: { memoryBytes: null } },
      { type: 'confine', confinement: { memoryBytes: 30 * GIB } },
      { type: 'grant', claimId: '2' }
    ]);
  });

  it('[GATE5] a cell that began while nobody answered runs, and says that it has no grant', () => {
    const it = harness();
    it.claim('1', 'a', { memoryBytes: 40 * GIB });
    it.claim('2', 'b', { memoryBytes: 30 * GIB });
    const claim = it.state.claims.get('2')!.claim;
    const granted = { grant: UNRESTRICTED, sinceMs: it.clock.nowMs };
    it.send({ type: 'claimArrived', claim, granted, waitingSinceMs: null });
    const view = snapshot(it.state, it.clock.nowMs, '').claims.find(({ id }) => id === '2');
    expect(view).toMatchObject({ state: 'running' });
    expect(view?.state === 'running' && view.notEnforced).toEqual({ kind: 'ungranted' });
    expect(it.state.queue).toEqual([]);
  });

  it('[ADM8] refuses what waited longer than it allows', () => {
    const it = harness({ gpus: gpusOf(1) });
    it.claim('1', 'a', { gpus: 1 });
    it.claim('2', 'b', { gpus: 1, maxWaitMs: 5000 });
    expect(it.wait(5000)).toEqual([]);
    expect(it.wait(1)).toMatchObject([{ type: 'refuse', refusal: { code: 'MAX_WAIT' } }]);
  });

  it('[ENF4] takes over what was granted before a restart', () => {
    const it = harness();
    const claim = {
      id: '1',
      holderId: 'a',
      outerId: null,
      cellId: 'c',
      label: '[1]',
      sourceHash: null,
      ask: { ...NOTHING_ASKED, cpus: { kind: 'fixed' as const, n: 2 } }
    };
    const grant = { ...UNRESTRICTED, cpus: [2, 3], threads: 2 };
    const granted = { grant, sinceMs: 5 };
    expect(it.send({ type: 'claimArrived', claim, granted, waitingSinceMs: null })).toMatchObject([
      { type: 'confine', confinement: { cpus: [2, 3] } },
      { type: 'remask', confinement: { cpus: [2, 3] } }
    ]);
    it.claim('2', 'b', { cpus: { kind: 'fixed', n: 2 } });
    expect(it.grants.get('2')?.cpus).toEqual([0, 1]);
  });

  it('[ENF4] [CPU6] one taken over with fewer CPUs than it named has the rest when they come back', () => {
    const ask = { ...NOTHING_ASKED, cpus: { kind: 'fixed' as const, n: 3 } };
    const alone = { ...ask, cpus: { kind: 'fixed' as const, n: 2 }, exclusive: true };
    const it = harness({}, ['a', 'b']);
    const takeOver = (id: string, holderId: string, cpus: CpuSet, its: typeof ask) => {
      const known = { outerId: null, cellId: null, label: null, sourceHash: null };
      const claim = { id, holderId, ...known, ask: its };
      const granted = { grant: { ...UNRESTRICTED, cpus, threads: 2 }, sinceMs: 5 };
      it.send({ type: 'claimArrived', claim, granted, waitingSinceMs: null });
    };
    takeOver('1', 'a', [0, 1], alone);
    takeOver('2', 'b', [2, 3], ask);
    expect(it.confinement('b').cpus).toEqual([2, 3]);
    it.end('1');
    expect(it.confinement('b').cpus).toEqual([0, 2, 3]);
  });

  it('[GATE2] frees everything of a holder that is gone', () => {
    const it = harness({ gpus: gpusOf(1) });
    it.claim('1', 'a', { gpus: 1, memoryBytes: GIB });
    it.claim('2', 'b', { gpus: 1 });
    const effects = it.send({ type: 'holderGone', holderId: 'a' });
    expect(effects.map(effect => effect.type)).toEqual(['bind', 'grant']);
  });

  it('[GATE4] limits a kernel to the most that any of its cells was promised', () => {
    const it = harness({}, ['a']);
    const limits = [2, 8, 4].map(gib => {
      it.claim(`${gib}`, 'a', { memoryBytes: gib * GIB });
      return it.confinement('a').memoryBytes;
    });
    expect(limits).toEqual([2 * GIB, 8 * GIB, 8 * GIB]);
    it.end('8');
    expect(it.confinement('a').memoryBytes).toBe(4 * GIB);
  });

  it('[API2] every claim tells its story', () => {
    const it = harness({ gpus: gpusOf(1) });
    it.claim('1', 'a', { gpus: 1 });
    it.claim('2', 'b', { gpus: 1 });
    it.clock.advance(3000);
    it.end('1');
    it.end('2');
    expect(storyOf(it.state, '2')).toEqual([
      'Claimed.',
      'Waits for 1 GPU; GPU 0 held by a.',
      'Granted all CPUs, GPU 0 after 3 s.',
      'Ended; its grant was given back.'
    ]);
  });

  it('[CPU6] takes exclusive CPUs out of the pool and gives them back', () => {
    const it = harness({}, ['a', 'b']);
    it.claim('1', 'a', { cpus: { kind: 'fixed', n: 2 } });
    it.claim('2', 'b', { cpus: { kind: 'fixed', n: 2 }, exclusive: true });
    expect([it.confinement('a').cpus, it.confinement('b').cpus]).toEqual([
      [0, 1],
      [2, 3]
    ]);
    it.end('1');
    expect(it.confinement('a').cpus).toEqual([0, 1]);
    it.end('2');
    expect([it.confinement('a').cpus, it.confinement('b').cpus]).toEqual([null, null]);
  });

  it('shows waiting, running and done in one snapshot', () => {
    const it = harness({ gpus: gpusOf(1) });
    it.claim('1', 'a', { gpus: 1 });
    it.claim('2', 'b', { gpus: 1 });
    it.claim('3', 'c');
    it.end('3');
    const view = snapshot(it.state, it.clock.nowMs, '0.1.0');
    expect(view.claims.map(claim => [claim.id, claim.state])).toEqual([
      ['2', 'waiting'],
      ['1', 'running'],
      ['3', 'done']
    ]);
    expect(view.holders.map(kernel => kernel.state)).toEqual(['running', 'waiting', 'idle']);
  });

  it('shows a claim that is over as it was before, but by its kernel’s present name', () => {
    const it = harness();
    it.claim('1', 'a');
    it.end('1');
    const claim = () => snapshot(it.state, it.clock.nowMs, '0.1.0').claims[0]!;
    const before = claim();
    it.claim('2', 'b');
    it.end('2');
    const [, same] = snapshot(it.state, it.clock.nowMs, '0.1.0').claims;
    expect(same).toBe(before);
    const { holder } = it.state.holders.get('a')!;
    it.send({ type: 'holderArrived', holder: { ...holder, name: 'renamed.ipynb' } });
    const [, renamed] = snapshot(it.state, it.clock.nowMs, '0.1.0').claims;
    expect(renamed).toEqual({ ...before, holderName: 'renamed.ipynb' });
  });
});
