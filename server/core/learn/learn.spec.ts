import type { Execution, Used } from '../../protocol/execution';
import type { Prediction } from '../../protocol/prediction';
import { recorded } from '../../simulator/recorded';
import { createLearned, keysOf, type Learned, type Subject } from './learned';
import { learnFrom } from './learn';
import { expectedRunMs, learnedThreads, predict, usualRunMs } from './predict';

const MIB = 1024 ** 2;
const GIB = 1024 ** 3;
const CELL = { notebook: 'a.ipynb', cellId: 'c', sourceHash: 's' };
const SUBJECT: Subject = { owner: 'user', holderKind: 'kernel', ...CELL };

/** What a prediction adds to the most that was seen. */
const safe = (bytes: number) => Math.round(bytes * 1.1 + 32 * MIB);

/** Learns from one run after another. */
class Lessons {
  readonly learned: Learned = createLearned();

  run(used: Partial<Used>, parts: Partial<Execution> = {}): this {
    learnFrom(this.learned, recorded({ ...CELL, ...parts }, used));
    return this;
  }

  /** A run that added so much to the 100 MiB that its kernel had. */
  added(bytes: number, parts: Partial<Execution> = {}): this {
    const memory = { memoryBeforeBytes: 100 * MIB, memoryPeakBytes: 100 * MIB + bytes };
    return this.run(memory, parts);
  }

  of(subject: Partial<Subject> = {}, keptBytes = 0): Prediction | null {
    return predict(this.learned, keysOf({ ...SUBJECT, ...subject }), keptBytes);
  }

  memory(subject: Partial<Subject> = {}): number | null {
    return this.of(subject)?.memoryBytes?.amount ?? null;
  }
}

describe('what is learned', () => {
  it('[LEARN1] of memory is what runs added, with some to spare, to what the kernel keeps now', () => {
    const its = new Lessons()
      .added(GIB)
      .added(2 * GIB)
      .added(GIB);
    expect(its.of({}, 3 * GIB)).toEqual({
      cpus: null,
      gpuMemoryBytes: null,
      memoryBytes: { amount: 3 * GIB + safe(2 * GIB), level: 'source', runs: 3 }
    });
  });

  it('[LEARN1] of memory is not less than nothing, where a cell freed some', () => {
    const its = new Lessons().run({ memoryBeforeBytes: GIB, memoryPeakBytes: MIB });
    expect(its.memory()).toBe(safe(0));
  });

  it('[LEARN1] of memory is nothing where it is not known what its kernel had before', () => {
    expect(new Lessons().run({ memoryPeakBytes: GIB }).of()).toBeNull();
    expect(new Lessons().run({ memoryBeforeBytes: GIB }).of()).toBeNull();
  });

  it('[LEARN1] holds one large run against a cell until there are 19, and none beyond the last 20', () => {
    const its = new Lessons().added(9 * GIB);
    for (let n = 2; n <= 18; n += 1) {
      its.added(n === 5 ? 2 * GIB : GIB);
    }
    expect(its.memory()).toBe(safe(9 * GIB));
    expect(its.added(GIB).memory()).toBe(safe(2 * GIB));
    for (let n = 1; n <= 20; n += 1) {
      its.added(GIB);
    }
    expect(its.of()?.memoryBytes).toEqual({ amount: safe(GIB), level: 'source', runs: 20 });
  });

  it('[LEARN1] answers by source, then cell, then notebook, then user, whoever knows enough first', () => {
    const its = new Lessons();
    const other = (n: number, more: Partial<Execution> = {}) =>
      its.added(n * GIB, { sourceHash: `s${n}`, cellId: `c${n}`, ...more });
    for (let n = 1; n <= 9; n += 1) {
      other(n, { notebook: `${n}.ipynb` });
    }
    expect(its.of()).toBeNull();
    other(10, { notebook: '10.ipynb' });
    expect(its.of()?.memoryBytes).toMatchObject({ level: 'user', runs: 10 });
    [1, 2, 3, 4].forEach(n => other(n));
    expect(its.of()?.memoryBytes).toMatchObject({ level: 'user', runs: 14 });
    other(5);
    expect(its.of()?.memoryBytes).toEqual({ amount: safe(5 * GIB), level: 'notebook', runs: 5 });
    its.added(3 * GIB, { sourceHash: 'before it was edited' });
    expect(its.of()?.memoryBytes).toEqual({ amount: safe(3 * GIB), level: 'cell', runs: 1 });
    its.added(2 * GIB, { notebook: 'copy.ipynb', cellId: 'elsewhere' });
    expect(its.of()?.memoryBytes).toEqual({ amount: safe(2 * GIB), level: 'source', runs: 1 });
  });

  it('[LEARN1] of a cell is of its own notebook, and of a user is of the same kind of holder', () => {
    const its = new Lessons().added(GIB, { sourceHash: null });
    expect(its.of({ sourceHash: null })).not.toBeNull();
    expect(its.of({ sourceHash: null, notebook: 'copy.ipynb' })).toBeNull();
    const runs = new Lessons();
    for (let n = 1; n <= 10; n += 1) {
      runs.added(GIB, { holderKind: 'command', notebook: null, sourceHash: null, cellId: null });
    }
    expect(runs.of({ holderKind: 'command' })?.memoryBytes).toMatchObject({ level: 'user' });
    expect(runs.of()).toBeNull();
  });

  it('[LEARN1] of CPUs and time is of the same source or cell alone', () => {
    const its = new Lessons();
    for (let n = 1; n <= 20; n += 1) {
      its.run({ cpusPeak: 1, efficiency: 1 }, { sourceHash: `s${n}`, cellId: `c${n}` });
    }
    const keys = keysOf(SUBJECT);
    expect(its.of()).toBeNull();
    expect(expectedRunMs(its.learned, keys)).toBeNull();
    expect(learnedThreads(its.learned, keys)).toBeNull();
    its.run({ cpusPeak: 3, efficiency: 1 }, { sourceHash: 'before it was edited' });
    expect(its.of()).toBeNull();
    expect(expectedRunMs(its.learned, keys)).toBe(1000);
    its.run({ cpusPeak: 2, efficiency: 1 }, { sourceHash: 'edited again' });
    expect(its.of()?.cpus).toEqual({ amount: 2.0999999999999996, level: 'cell', runs: 2 });
    expect(learnedThreads(its.learned, keys)).toBe(1.5);
    its.run({ cpusPeak: 4 });
    expect(its.of()?.cpus).toEqual({ amount: 4, level: 'source', runs: 1 });
  });

  it('[LEARN1] [CPU3] of threads follows how well they were used', () => {
    const threads = (...efficiencies: number[]): number | null => {
      const its = new Lessons();
      efficiencies.forEach(efficiency => its.run({ cpusPeak: 4, efficiency }));
      return learnedThreads(its.learned, keysOf(SUBJECT));
    };
    expect(threads(1)).toBe(1.5);
    expect(threads(0.75)).toBe(1.25);
    expect(threads(0.2)).toBe(1);
    expect(threads(1, 0.5)).toBe(1.25);
  });

  it('[LEARN1] of CPUs is nothing where the cell never had all that it could use', () => {
    const its = new Lessons().run({ cpusPeak: 2, wasLimited: true });
    expect(its.of()).toBeNull();
    its.run({ cpusPeak: 3 }).run({ cpusPeak: 2, wasLimited: true });
    expect(its.of()?.cpus?.amount).toBe(3);
    expect(its.run({ cpusPeak: 3.5, wasLimited: true }).of()).toBeNull();
  });

  it('[LEARN1] of CPUs is at least the average of the run', () => {
    const its = new Lessons().run({ cpuSeconds: 6, cpusPeak: 2 }, { endedMs: 2000 });
    expect(its.of()?.cpus?.amount).toBe(3);
  });

  it('[LEARN1] of GPU memory is the most that the kernel had', () => {
    const its = new Lessons().run({ gpuMemoryPeakBytes: GIB }).run({ gpuMemoryPeakBytes: 2 * GIB });
    expect(its.of()?.gpuMemoryBytes).toEqual({ amount: safe(2 * GIB), level: 'source', runs: 2 });
  });

  it.each(['error', 'interrupted', 'died'] as const)(
    '[LEARN1] from a run that ended as "%s" is only that more is needed than was known',
    outcome => {
      const its = new Lessons().added(9 * GIB, { outcome });
      expect(its.of()).toBeNull();
      its.added(GIB).added(MIB, { outcome });
      expect(its.of()?.memoryBytes).toMatchObject({ amount: safe(GIB), runs: 1 });
      its.added(9 * GIB, { outcome });
      expect(its.of()?.memoryBytes).toMatchObject({ amount: safe(9 * GIB), runs: 2 });
      its.run({ cpusPeak: 2 }).run({ cpusPeak: 1 }, { outcome });
      expect(its.of()?.cpus?.amount).toBe(2);
      expect(its.run({ cpusPeak: 5 }, { outcome }).of()?.cpus).toMatchObject({
        amount: 5,
        runs: 1
      });
      expect(expectedRunMs(its.learned, keysOf(SUBJECT))).toBe(1000);
    }
  );

  it('[LEARN1] from one that never ran is nothing, and of time nothing that was not measured', () => {
    const its = new Lessons();
    learnFrom(its.learned, recorded({ ...CELL, used: null, grantedMs: null, outcome: 'refused' }));
    expect(its.learned.lasts.size).toBe(0);
    its.added(GIB);
    expect(expectedRunMs(its.learned, keysOf(SUBJECT))).toBeNull();
    expect(its.learned.lasts.size).toBe(1);
  });

  it('[LEARN1] of time is the last two runs for planning, and what runs agree on for people', () => {
    const its = new Lessons();
    const took = (...seconds: number[]) =>
      seconds.forEach(it => its.run({ cpusPeak: 1 }, { endedMs: it * 1000 }));
    const keys = keysOf(SUBJECT);
    took(60);
    expect(expectedRunMs(its.learned, keys)).toBe(60_000);
    took(6, 9);
    expect(expectedRunMs(its.learned, keys)).toBe(7500);
    expect(usualRunMs(its.learned, keys)).toBeNull();
    took(7);
    expect(usualRunMs(its.learned, keys)).toEqual({ fromMs: 6000, toMs: 9000, runs: 3 });
    took(7, 7, 7, 7, 7);
    expect(usualRunMs(its.learned, keys)).toEqual({ fromMs: 7000, toMs: 7000, runs: 5 });
  });

  it('[LEARN2] of one user’s cells is used for no other’s, whatever source and cell they have', () => {
    const its = new Lessons();
    for (let n = 1; n <= 20; n += 1) {
      its.added(GIB);
    }
    expect(its.of()).not.toBeNull();
    expect(its.of({ owner: 'other' })).toBeNull();
    expect(its.learned.lasts.get(keysOf({ ...SUBJECT, owner: 'other' }).cell!)).toBeUndefined();
  });

  it('[LEARN2] is bounded: what has not run for longest goes first', () => {
    const its = new Lessons();
    const run = (n: number) =>
      its.run(
        { cpusPeak: 1 },
        { sourceHash: `s${n}`, cellId: `c${n}`, notebook: `${n}`, owner: `${n}` }
      );
    for (let n = 1; n <= 30_000; n += 1) {
      run(n);
      n % 1000 === 0 && run(1);
    }
    const { profiles, lasts } = its.learned;
    const sizes = [...Object.values(profiles), lasts].map(it => it.size);
    [10_000, 10_000, 2000, 1000, 10_000].forEach((most, at) => {
      expect(sizes[at]).toBeLessThanOrEqual(most);
      expect(sizes[at]).toBeGreaterThanOrEqual(most / 2);
    });
    const isKnown = (n: number) => profiles.source.get(`${n}\ns${n}`) !== undefined;
    expect([1, 2, 20_000, 25_002, 30_000].map(isKnown)).toEqual([true, false, false, true, true]);
  });
});
