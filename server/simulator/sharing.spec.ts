import { array, assert, double, integer, option, property, record, tuple } from 'fast-check';
import type { CpuSet } from '../protocol/cpuset';
import { Execution } from './execution';
import { ProportionalSharing, type CpuGroup } from './proportionalSharing';
import { crowdingEfficiency, waterFill } from './sharing';
import type { Cell } from './cell';

const CELL: Cell = {
  user: 0,
  kind: 'parallel',
  thinkS: 0,
  work: 1,
  speedup: { parallelism: 16, variance: 1 },
  threads: 16,
  turns: 1,
  turnWaitS: 0,
  aloneS: 1,
  source: '',
  gpus: 0,
  memoryBytes: 0
};

function fill(weights: number[], caps: number[], capacity: number): number[] {
  const shares = new Float64Array(weights.length);
  waterFill(weights, caps, capacity, shares);
  return [...shares];
}

/** The CPUs from the first to the last. */
function ofCpus(first: number, last: number): CpuSet {
  return Array.from({ length: last - first + 1 }, (_, at) => first + at);
}

/** Shares of cells of so many threads, each in its place, on 8 CPUs. */
function sharesOf(
  cells: readonly (CpuGroup & { readonly threads: number })[],
  byWeight = true
): number[] {
  const executions = cells.map(({ threads }) => {
    const execution = new Execution(CELL, 0);
    execution.start(threads, 0);
    return execution;
  });
  new ProportionalSharing(8, 0, byWeight).apply(executions, it => cells[executions.indexOf(it)]!);
  return executions.map(({ cpus }) => Number(cpus.toFixed(2)));
}

describe('waterFill', () => {
  it.each([
    ['everybody fits', [1, 1], [2, 3], 8, [2, 3]],
    ['equal shares', [1, 1], [8, 8], 8, [4, 4]],
    ['what one cannot use falls to the others', [1, 1, 1], [1, 8, 8], 8, [1, 3.5, 3.5]],
    ['by weight', [3, 1], [8, 8], 8, [6, 2]],
    ['by weight, above a cap', [6, 1, 1], [2, 8, 8], 8, [2, 3, 3]],
    ['nobody', [], [], 8, []]
  ])('%s', (_, weights, caps, capacity, expected) => {
    expect(fill(weights, caps, capacity)).toEqual(expected);
  });

  it('hands out all that can be used, and no more', () => {
    const one = record({
      weight: double({ min: 0.01, max: 100, noNaN: true }),
      cap: double({ min: 0, max: 20, noNaN: true })
    });
    assert(
      property(
        array(one, { maxLength: 20 }),
        double({ min: 0.1, max: 64, noNaN: true }),
        (all, capacity) => {
          const caps = all.map(({ cap }) => cap);
          const shares = fill(
            all.map(({ weight }) => weight),
            caps,
            capacity
          );
          const sum = (values: readonly number[]) => values.reduce((total, it) => total + it, 0);
          expect(sum(shares)).toBeCloseTo(Math.min(capacity, sum(caps)), 6);
          shares.forEach((share, at) => expect(share).toBeLessThanOrEqual(caps[at]! + 1e-9));
        }
      )
    );
  });
});

describe('ProportionalSharing', () => {
  it('shares all CPUs by weight', () => {
    const place = { cpus: null, threads: 8 };
    expect(
      sharesOf([
        { ...place, weight: 300 },
        { ...place, weight: 100 }
      ])
    ).toEqual([6, 2]);
  });

  it('holds cells to their sets, and lends the rest to the others', () => {
    const held = { weight: 100, cpus: [0, 1], threads: 8 };
    const free = { weight: 100, cpus: null, threads: 8 };
    expect(sharesOf([held, held, free])).toEqual([1, 1, 6]);
    expect(sharesOf([{ ...held, threads: 1 }, free, free])).toEqual([1, 3.5, 3.5]);
    // A set is not kept for its cells: where everybody is equal, they get no more than others.
    expect(sharesOf([{ ...held, cpus: [0, 1, 2, 3] }, free, free, free])).toEqual([2, 2, 2, 2]);
  });

  it('balances sets that overlap in part', () => {
    const place = { weight: 100, threads: 8 };
    const [a, b, c] = [ofCpus(0, 3), ofCpus(2, 5), ofCpus(4, 7)].map(cpus => ({ ...place, cpus }));
    sharesOf([a!, b!, c!]).forEach(share => expect(share).toBeCloseTo(8 / 3, 2));
    // One thread in a set of its own and another's leaves the other what it cannot use.
    const [one, other] = sharesOf([
      { weight: 100, cpus: [0, 1], threads: 1 },
      { weight: 100, cpus: [0], threads: 1 }
    ]);
    expect(one).toBeCloseTo(1, 2);
    expect(other).toBeCloseTo(1, 2);
  });

  it('hands out no more than there is, whatever the sets', () => {
    const set = tuple(integer({ min: 0, max: 7 }), integer({ min: 0, max: 7 })).map(([a, b]) =>
      ofCpus(Math.min(a, b), Math.max(a, b))
    );
    const cell = record({
      weight: integer({ min: 1, max: 1000 }),
      cpus: option(set),
      threads: integer({ min: 1, max: 16 })
    });
    assert(
      property(array(cell, { maxLength: 12 }), cells => {
        const shares = sharesOf(cells);
        expect(shares.reduce((sum, it) => sum + it, 0)).toBeLessThan(8.1);
        shares.forEach((share, at) => expect(share).toBeLessThan(cells[at]!.threads + 0.01));
      })
    );
  });

  it('shares by thread where cells have no cgroups', () => {
    const place = { weight: 100, cpus: null };
    expect(
      sharesOf(
        [
          { ...place, threads: 15 },
          { ...place, threads: 1 }
        ],
        false
      )
    ).toEqual([7.5, 0.5]);
  });
});

describe('crowdingEfficiency', () => {
  it('costs beta for each thread too many per CPU, and a single thread nothing', () => {
    expect(crowdingEfficiency(0.1, 16, 1)).toBe(1);
    expect(crowdingEfficiency(0.1, 16, 0.5)).toBe(1);
    expect(crowdingEfficiency(0.1, 16, 11)).toBe(0.5);
    expect(crowdingEfficiency(0.1, 1, 11)).toBe(1);
  });
});
