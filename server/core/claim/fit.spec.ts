import { NOTHING_ASKED, type Ask } from '../../protocol/ask';
import { refusal, type Refusal } from '../../protocol/errors';
import type { Fit } from '../../protocol/view';
import { gpusOf, Harness, nodeOf } from '../../testing/harness';
import { RandomSource } from '../../testing/randomSource';
import { RandomTrace } from '../../testing/randomTrace';
import { sharingOf } from '../../testing/scenario';
import { QUEUE_MAX_PER_HOLDER } from './claims';
import { covers } from './kept';
import type { Claim } from '../events';
import { fitOf } from './fit';
import { forecastStarts } from './forecast';
import { UNLIMITED } from '../policy/bounds';
import { snapshot } from '../view';

const GIB = 1024 ** 3;

/** How a cell of a kernel would fare. */
function fit(it: Harness, holderId: string, ask: Partial<Ask>): Fit {
  return fitOf(it.state, it.state.holders.get(holderId)!, { ...NOTHING_ASKED, ...ask });
}

/** What a claim became, in the words of a look ahead; who is in its way may have moved meanwhile. */
function became({ state }: RandomTrace, id: string, refused: Refusal | null): object {
  const entry = state.claims.get(id);
  const phase = entry?.phase;
  switch (phase?.state) {
    case 'running':
      return { kind: 'now' };
    case 'waiting':
      return {
        kind: 'waits',
        reason: expect.objectContaining({ resource: phase.reason.resource }) as unknown,
        startsIn: forecastStarts(state).get(entry!) ?? null
      };
    default:
      return { kind: 'never', why: refused! };
  }
}

describe('how a cell would fare', () => {
  it('[ADM11] is what happens to it when it runs at once, and looking changes nothing', () => {
    const kinds = { now: 0, waits: 0, never: 0 };
    for (let seed = 1; seed <= 40; seed += 1) {
      const trace = new RandomTrace(new RandomSource(seed), {
        nonsense: 0,
        holders: 8,
        caps: seed % 2 ? 0 : 0.3
      });
      for (let index = 0; index < 240; index += 1) {
        trace.next();
        const holder = [...trace.state.holders.values()][index % 8];
        if (!holder || index % 2) {
          continue;
        }
        const happening = trace.claim(holder.holder.id) as { readonly claim: Claim };
        // Past runs are not known ahead, and no cell that a person runs is inside of one of its kernel.
        const claim = { ...happening.claim, sourceHash: null, outerId: null };
        trace.send({ type: 'ticked' });
        if (holder.held && !covers(trace.state, holder.held.lease, claim.ask)) {
          continue; // what it gives back for this may let others go first
        }
        const before = index % 16 ? '' : JSON.stringify(snapshot(trace.state, 0, ''));
        const { usual: _, ...expected } = fitOf(trace.state, holder, claim.ask, claim.cellId);
        before && expect(JSON.stringify(snapshot(trace.state, 0, ''))).toBe(before);
        const effects = trace.send({
          type: 'claimArrived',
          claim,
          granted: null,
          waitingSinceMs: null
        });
        const [refused = null] = effects.flatMap(it =>
          it.type === 'refuse' && it.claimId === claim.id ? [it.refusal] : []
        );
        const told = { seed, index, ask: claim.ask };
        expect({ ...told, ...expected }).toEqual({ ...told, ...became(trace, claim.id, refused) });
        kinds[expected.kind] += 1;
      }
    }
    expect(Math.min(...Object.values(kinds))).toBeGreaterThan(40);
  });

  it('[ADM11] counts who is before it in line, where the node alone has room', () => {
    const it = new Harness(nodeOf());
    ['a', 'b', 'c'].forEach(id => it.holder(id));
    it.claim('1', 'a', { memoryBytes: 30 * GIB });
    it.claim('2', 'b', { memoryBytes: 40 * GIB });
    expect(fit(it, 'c', { memoryBytes: 25 * GIB })).toEqual({
      kind: 'waits',
      reason: {
        resource: 'memory',
        kind: 'turn',
        before: { holderId: 'b', holderName: 'b', owner: 'user' },
        blockers: []
      },
      startsIn: null
    });
    expect(fit(it, 'c', { memoryBytes: 25 * GIB, priority: 1 })).toEqual({ kind: 'now' });
    expect(fit(it, 'c', {})).toEqual({ kind: 'now' });
  });

  it('[ADM11] [CFG4] counts the limits of the group', () => {
    const it = new Harness(nodeOf());
    const limits = { ...UNLIMITED, memoryBytes: 8 * GIB };
    it.send({ type: 'configured', sharing: sharingOf([{ name: 'guests', limits }]) });
    it.holder('a', 'ann', ['guests']);
    it.holder('b');
    const asked = { memoryBytes: 9 * GIB };
    expect(fit(it, 'a', asked)).toEqual({
      kind: 'never',
      why: {
        code: 'ABOVE_LIMIT',
        details: expect.objectContaining({ group: 'guests', limit: '8 GiB' }) as unknown
      }
    });
    expect(fit(it, 'b', asked)).toEqual({ kind: 'now' });
  });

  it('[ADM11] [ADM9] counts what its own kernel keeps, and what others may keep no longer', () => {
    const it = new Harness(nodeOf({ gpus: gpusOf(1) }));
    it.holder('a');
    it.holder('b');
    const all = { gpus: 1, gpuMemoryBytes: 60 * GIB, hold: true };
    it.claim('1', 'a', all);
    it.end('1');
    expect(fit(it, 'a', all)).toEqual({ kind: 'now' });
    expect(fit(it, 'a', { ...all, gpuMemoryBytes: 70 * GIB })).toEqual({ kind: 'now' });
    expect(fit(it, 'b', all)).toMatchObject({ kind: 'waits', reason: { resource: 'gpus' } });
    it.wait(31_000);
    expect(fit(it, 'b', all)).toEqual({ kind: 'now' });
  });

  it('[ADM11] [ADM9] counts nothing as given back for it while another is before it in line', () => {
    const it = new Harness(nodeOf({ gpus: gpusOf(2) }));
    ['keeps', 'runs', 'waits', 'b'].forEach(id => it.holder(id));
    it.claim('1', 'keeps', { gpus: 1, hold: true });
    it.end('1');
    it.claim('2', 'runs', { gpus: 1 });
    it.claim('3', 'waits', { gpus: 2 });
    it.wait(31_000);
    expect(fit(it, 'b', { gpus: 1 })).toMatchObject({
      kind: 'waits',
      reason: { resource: 'gpus' }
    });
    expect(fit(it, 'b', { gpus: 1, priority: 1 })).toEqual({ kind: 'now' });
  });

  it('[ADM11] is never where nobody more may wait, but for who waits for nothing', () => {
    const it = new Harness(nodeOf());
    ['a', 'b'].forEach(id => it.holder(id));
    it.claim('runs', 'b', { memoryBytes: 20 * GIB });
    it.claim('kept', 'a', { memoryBytes: 40 * GIB, hold: true });
    for (let n = 0; n < QUEUE_MAX_PER_HOLDER; n += 1) {
      it.claim(`${n}`, 'a', { memoryBytes: 45 * GIB });
    }
    const never = {
      kind: 'never',
      why: refusal('TOO_MANY', { limit: QUEUE_MAX_PER_HOLDER, what: 'waiting claims' })
    };
    expect(fit(it, 'a', { memoryBytes: GIB })).toEqual(never);
    expect(fit(it, 'a', {})).toEqual({ kind: 'now' });
    it.end('kept');
    expect(fit(it, 'a', { memoryBytes: 30 * GIB })).toEqual({ kind: 'now' });
    expect(fit(it, 'a', { memoryBytes: 41 * GIB })).toEqual(never);
    expect(fit(it, 'a', {})).toEqual({ kind: 'now' });
  });

  it('[ADM11] is at once while the node is not known yet', () => {
    const it = new Harness(nodeOf());
    it.holder('a');
    it.state.node = null;
    expect(fit(it, 'a', { memoryBytes: 900 * GIB })).toEqual({ kind: 'now' });
  });
});
