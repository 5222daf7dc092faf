import fc from 'fast-check';

import type { Execution } from '../../protocol/execution';
import { promisesFit, type Seen } from '../../testing/properties';
import { RandomSource } from '../../testing/randomSource';
import { RandomTrace } from '../../testing/randomTrace';
import { recorded } from '../../simulator/recorded';
import { checkInvariants } from '../invariants';
import { createState, step } from '../step';
import { keysOf } from './learned';
import { predict } from './predict';
import { safeQuantile } from './quantile';

const seeds = fc.integer({ min: 1, max: 1_000_000 });

const GIB = 1024 ** 3;

/** Runs of each source by each user of a trace, of up to as much memory as its node has. */
const HISTORY = Array.from({ length: 20 }, (_, at) => at + 1).flatMap(n =>
  ['ann', 'bob', 'cyd'].map(owner =>
    recorded(
      { owner, sourceHash: `source${n}` },
      { memoryBeforeBytes: 0, memoryPeakBytes: n * 1.5 * GIB }
    )
  )
);

/** A random trace in which half of the claims leave their memory to past runs. */
class Lived {
  readonly trace: RandomTrace;
  readonly executions: Execution[] = [];
  readonly faults: string[] = [];
  /** Claims that were promised memory by prediction, and those that waited for it. */
  promised = 0;
  waited = 0;

  constructor(seed: number, caps: number) {
    this.trace = new RandomTrace(new RandomSource(seed), {
      nonsense: 0.02,
      holders: 8,
      caps,
      auto: 0.5
    });
    this.executions.push(...HISTORY);
    this.trace.send({ type: 'remembered', executions: HISTORY });
    for (let index = 0; index < 400; index += 1) {
      this.look(this.trace.next());
    }
  }

  private look(effects: Seen['effects']): void {
    const { state, last } = this.trace;
    for (const effect of effects) {
      effect.type === 'executed' && this.executions.push(effect.execution);
      const claimId = 'claimId' in effect ? effect.claimId : '';
      const entry = state.claims.get(claimId);
      const isOfMemory =
        effect.type === 'refuse' && JSON.stringify(effect.refusal).includes('"memory"');
      const isAuto = entry?.claim.ask.memoryAuto === true;
      isAuto && isOfMemory && this.faults.push(`${claimId} was refused: ${effect.refusal.code}`);
      const isLimited = effect.type === 'grant' && effect.grant.memoryBytes !== null;
      const ownLease = entry?.story.every(({ fact }) => fact.kind !== 'grantedFromKept');
      isAuto && isLimited && ownLease && this.faults.push(`${claimId} is limited`);
      this.waited +=
        isAuto && effect.type === 'wait' && effect.reason.resource === 'memory' ? 1 : 0;
    }
    this.promised += [...state.running].filter(it => it.phase.lease.expectedBytes !== null).length;
    this.faults.push(...checkInvariants(state), ...promisesFit({ state, event: last!, effects }));
  }
}

describe('what was learned', () => {
  it('[LEARN3] is the same from history as from having lived it', () => {
    let runs = 0;
    fc.assert(
      fc.property(seeds, seed => {
        const { trace, executions } = new Lived(seed, 0);
        const reborn = createState();
        step(reborn, { type: 'remembered', atMs: 1, executions });
        runs += executions.filter(it => it.used).length;
        expect(reborn.learned).toEqual(trace.state.learned);
        for (const it of executions) {
          const keys = keysOf(it);
          expect(predict(reborn.learned, keys, 0)).toEqual(predict(trace.state.learned, keys, 0));
        }
      }),
      { numRuns: 15 }
    );
    expect(runs).toBeGreaterThan(500);
  });

  it('[LEARN3] from a record that went through JSON is the same, too', () => {
    const { trace, executions } = new Lived(7, 0);
    const reborn = createState();
    const stored = JSON.parse(JSON.stringify(executions)) as Execution[];
    step(reborn, { type: 'remembered', atMs: 1, executions: stored });
    expect(reborn.learned).toEqual(trace.state.learned);
  });

  it('[LEARN4] refuses nothing, limits nothing, and is promised to nobody twice', () => {
    let [promised, waited] = [0, 0];
    fc.assert(
      fc.property(seeds, seed => {
        const lived = new Lived(seed, seed % 2 ? 0 : 0.3);
        promised += lived.promised;
        waited += lived.waited;
        expect(lived.faults).toEqual([]);
      }),
      { numRuns: 40 }
    );
    expect(promised).toBeGreaterThan(500);
    expect(waited).toBeGreaterThan(20);
  });
});

describe('the safe quantile', () => {
  const amounts = fc.array(fc.integer({ min: 0, max: 2 ** 40 }), { minLength: 1, maxLength: 20 });

  it('[LEARN1] is above all amounts but one, in whatever order', () => {
    fc.assert(
      fc.property(amounts, all => {
        const safe = safeQuantile(all)!;
        const above = all.filter(it => it > safe).length;
        expect(above).toBeLessThanOrEqual(all.length < 19 ? 0 : 1);
        expect(safeQuantile([...all].sort((a, b) => a - b))).toBe(safe);
      })
    );
  });

  it('[LEARN1] does not fall when an amount rises', () => {
    fc.assert(
      fc.property(amounts, fc.nat(), fc.nat(2 ** 30), (all, at, more) => {
        const raised = all.map((it, index) => (index === at % all.length ? it + more : it));
        expect(safeQuantile(raised)!).toBeGreaterThanOrEqual(safeQuantile(all)!);
      })
    );
  });
});
