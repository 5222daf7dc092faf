import {
  array,
  assert,
  boolean,
  constantFrom,
  integer,
  option,
  property,
  record
} from 'fast-check';

import { NOTHING_ASKED, type Ask } from '../protocol/ask';
import type { Used } from '../protocol/execution';
import type { Shape } from '../simulator/node';
import { workloadOf, type Recorded } from './cells';
import { CONTENDERS, replay, type Replayed } from './replay';

const GIB = 2 ** 30;
const NODE: Shape = { cpus: 4, memoryBytes: 16 * GIB, memoryReserveBytes: GIB, gpus: [] };

const NOT_MEASURED: Used = {
  cpuSeconds: null,
  cpusPeak: null,
  memoryPeakBytes: null,
  memoryKeptBytes: null,
  threadsPeak: null,
  processesPeak: null,
  gpuMemoryPeakBytes: null,
  gpuUtilisation: null
};

/** Times in s; a serial cell that computed all the time. */
function ran(
  holderId: string,
  arrivedS: number,
  grantedS: number,
  endedS: number,
  ask: Partial<Ask> = {},
  used: Partial<Used> = {}
): Recorded {
  const cpuSeconds = endedS - grantedS;
  return {
    holderId,
    owner: holderId,
    sourceHash: null,
    cellId: null,
    arrivedMs: arrivedS * 1000,
    grantedMs: grantedS * 1000,
    endedMs: endedS * 1000,
    ask: { ...NOTHING_ASKED, ...ask },
    used: { ...NOT_MEASURED, cpuSeconds, cpusPeak: 1, ...used }
  };
}

function by(contender: Replayed['contender'], executions: readonly Recorded[], node = NODE) {
  return replay(executions, node).replayed.find(it => it.contender === contender)!;
}

describe('replay', () => {
  it('[TRACE3] has each kernel think as long as it did', () => {
    const { kernels } = workloadOf([
      ran('a', 10, 10, 12),
      ran('b', 11, 11, 12),
      ran('a', 20, 25, 26)
    ]);
    expect(kernels.map(cells => cells.map(it => it.thinkS))).toEqual([[0, 8], [1]]);
  });

  it('[TRACE3] takes what a cell did besides computing as a wait that nobody can save', () => {
    const [[cell]] = workloadOf([ran('a', 0, 0, 10, {}, { cpuSeconds: 4, cpusPeak: 2 })])
      .kernels as never as [[{ work: number; turns: number; turnWaitS: number; aloneS: number }]];
    expect(cell.work).toBe(4);
    expect(cell.turns * cell.turnWaitS).toBeCloseTo(8);
    expect(cell.aloneS).toBeCloseTo(10);
  });

  it('[TRACE3] leaves out, and counts, what cannot be replayed', () => {
    const cancelled = { ...ran('a', 0, 0, 5), grantedMs: null, used: null };
    const found = replay(
      [ran('a', 0, 0, 9), ran('a', 1, 1, 2), cancelled, ran('b', 0, 0, 1, { gpus: 1 })],
      NODE
    );
    expect(found.leftOut).toEqual({ neverRan: 1, inside: 1, impossible: 1 });
    expect(found.executions).toBe(1);
  });

  it('[TRACE3] of nothing is nothing', () => {
    expect(replay([], NODE)).toEqual({
      fromMs: 0,
      toMs: 0,
      executions: 0,
      leftOut: { neverRan: 0, inside: 0, impossible: 0 },
      recorded: { waitedMs: 0, ranMs: 0 },
      replayed: []
    });
  });

  it('[TRACE3] finds nothing to lose where cells did not meet', () => {
    const found = replay([ran('a', 0, 0, 5), ran('b', 10, 10, 15)], NODE);
    expect(found.recorded).toEqual({ waitedMs: 0, ranMs: 10_000 });
    for (const it of found.replayed.filter(({ contender }) => contender !== 'partitioned')) {
      expect([it.contender, it.waitedMs, Math.round(it.lostMs)]).toEqual([it.contender, 0, 0]);
    }
  });

  it('[TRACE3] shows what asking for too much memory cost', () => {
    const much: Partial<Ask> = { memoryBytes: 12 * GIB };
    const used = { memoryPeakBytes: 2 * GIB };
    const executions = [ran('a', 0, 0, 60, much, used), ran('b', 1, 60, 120, much, used)];
    expect(replay(executions, NODE).recorded.waitedMs).toBe(59_000);
    expect(by('dynamic', executions).waitedMs).toBeCloseTo(59_000, -2);
    expect(by('measured', executions).waitedMs).toBe(0);
  });

  it('[TRACE3] shows what a crowd of wide cells costs the short ones of the system', () => {
    const wide = { cpuSeconds: 400, cpusPeak: 4 };
    const executions = [
      ...['a', 'b', 'c'].map(it => ran(it, 0, 0, 100, {}, wide)),
      ...Array.from({ length: 20 }, (_, at) => ran('d', 10 + 4 * at, 10 + 4 * at, 11 + 4 * at))
    ];
    expect(by('dynamic', executions).antt).toBeLessThan(by('system', executions).antt);
  });

  const anything = array(
    record({
      kernel: integer({ min: 0, max: 4 }),
      gapS: integer({ min: 0, max: 50 }),
      waitS: integer({ min: 0, max: 20 }),
      ranS: integer({ min: 0, max: 20 }),
      cpus: integer({ min: 0, max: 6 }),
      memoryGib: integer({ min: 0, max: 20 }),
      askedGib: option(integer({ min: 1, max: 20 })),
      gpus: constantFrom(0, 0, 0, 1, 2),
      exclusive: boolean(),
      hold: boolean()
    }),
    { maxLength: 30 }
  );

  it('[TRACE3] ends whatever was recorded, each cell once', () => {
    const gpu = { model: 'H100', memoryBytes: 80 * GIB };
    const node = { ...NODE, gpus: [gpu, gpu] };
    assert(
      property(anything, items => {
        const ends = new Map<string, number>();
        const executions = items.map(it => {
          const id = `k${it.kernel}`;
          const arrivedS = (ends.get(id) ?? 0) + it.gapS;
          const grantedS = arrivedS + it.waitS;
          ends.set(id, grantedS + it.ranS);
          const { askedGib, gpus, hold } = it;
          const cpus = it.exclusive ? ({ kind: 'fixed', n: 2 } as const) : NOTHING_ASKED.cpus;
          const memoryBytes = askedGib && askedGib * GIB;
          return ran(
            id,
            arrivedS,
            grantedS,
            grantedS + it.ranS,
            { gpus, hold, memoryBytes, cpus, exclusive: it.exclusive, maxWaitMs: 1 },
            {
              cpuSeconds: it.cpus * it.ranS * 0.7,
              cpusPeak: it.cpus,
              memoryPeakBytes: it.memoryGib * GIB
            }
          );
        });
        const found = replay(executions, node);
        expect(found.executions + found.leftOut.impossible).toBe(executions.length);
        expect(found.replayed.map(it => it.contender)).toEqual(found.executions ? CONTENDERS : []);
        for (const it of found.replayed) {
          const isNone = it.refused === found.executions;
          expect(isNone ? 1 : it.antt).toBeGreaterThan(1 - 1e-6);
        }
      }),
      { numRuns: 20 }
    );
  });
});
