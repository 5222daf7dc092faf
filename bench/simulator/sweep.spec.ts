import { readOptions } from '../options';
import { OPTIONS, run } from '../policies';
import { barsOf } from './bars';
import { OS_CGROUP_FAIR, OS_PER_THREAD } from './catalogue';
import type { GroupRow } from './groups';
import { FULL, runOne, type Row } from './sweep';

const SETTING = { workload: 'plain', cpus: 16, beta: 0, speedup: 'concave' } as const;

describe('the baselines', () => {
  // The reference: a simulation of the same model, written apart from this one, with its own seeds.
  it.each([
    [2, 1.01, 1.01, 1.01],
    [16, 1.3, 1.1, 1.98],
    [32, 3.02, 1.15, 9.04],
    [48, 6.07, 1.15, 20.4]
  ])('are those of the reference with %i users', (users, fairAntt, fairStp, threadAntt) => {
    const fair = runOne(OS_CGROUP_FAIR, { ...SETTING, users }, FULL);
    const thread = runOne(OS_PER_THREAD, { ...SETTING, users }, FULL);
    expect(fair.antt / fairAntt).toBeCloseTo(1, 1);
    expect(fair.stp / fairStp).toBeCloseTo(1, 1);
    expect(thread.antt / threadAntt).toBeGreaterThan(0.9);
    expect(thread.antt / threadAntt).toBeLessThan(1.1);
  });

  it.each([
    [16, 1.71, 0.92],
    [32, 15.1, 0.4]
  ])('are those of the reference with crowding, %i users', (users, antt, stp) => {
    const fair = runOne(OS_CGROUP_FAIR, { ...SETTING, users, beta: 0.1 }, FULL);
    expect(fair.antt / antt).toBeGreaterThan(0.9);
    expect(fair.antt / antt).toBeLessThan(1.15);
    expect(fair.stp / stp).toBeCloseTo(1, 1);
  });
});

describe('a quick run', () => {
  let rows: readonly Row[];
  let groups: readonly GroupRow[];
  const row = (policy: string, more: Partial<Row> = {}): Row => {
    const wanted = { workload: 'plain', speedup: 'concave', users: 32, beta: 0, ...more };
    const found = rows.find(
      it =>
        it.policy === policy &&
        Object.entries(wanted).every(([name, value]) => it[name as keyof Row] === value)
    );
    expect(found).toBeDefined();
    return found!;
  };

  beforeAll(async () => {
    jest.spyOn(process.stderr, 'write').mockReturnValue(true);
    ({ rows, groups } = await run(readOptions(OPTIONS, [], true)));
    jest.restoreAllMocks();
  });

  it('orders the baselines as theory does', () => {
    const antt = (policy: string) => row(policy).antt;
    expect(antt('os-per-thread')).toBeGreaterThan(2 * antt('os-cgroup-fair'));
    expect(antt('fifo')).toBeGreaterThan(20 * antt('os-cgroup-fair'));
    expect(antt('easy')).toBeLessThanOrEqual(antt('fifo'));
    expect(antt('molded-equipartition')).toBeLessThan(0.7 * antt('os-cgroup-fair'));
    expect(antt('remaining-time-weights')).toBeLessThan(antt('molded-equipartition'));
    expect(row('os-cgroup-fair', { beta: 0.2 }).stp).toBeLessThan(0.5 * row('os-cgroup-fair').stp);
  });

  it('finds the core without control to be the operating system', () => {
    for (const speedup of ['concave', 'linear'] as const) {
      const { antt, stp } = row('os-cgroup-fair', { speedup });
      expect(row('naive', { speedup })).toMatchObject({ antt, stp });
    }
  });

  it('[CPU1] never lets a cell wait for CPUs', () => {
    const plain = rows.filter(({ workload }) => workload !== 'devices');
    const waits = plain.filter(({ policy }) => policy === 'dynamic').map(it => it.maxWaitS);
    expect(waits.length).toBeGreaterThan(10);
    expect(new Set(waits)).toEqual(new Set([0]));
  });

  it('[FAIR1, FAIR2] gives groups their quotas when CPUs are short, and all of them when alone', () => {
    const dynamic = groups.filter(({ policy }) => policy === 'dynamic');
    expect(dynamic).toHaveLength(2);
    for (const { quota, shareWhenShort, shareAlone } of dynamic) {
      expect(Math.abs(shareWhenShort - quota)).toBeLessThan(0.06);
      expect(shareAlone ?? 1).toBeGreaterThan(0.97);
    }
    expect(dynamic.some(({ shareAlone }) => shareAlone !== null)).toBe(true);
  });

  it('finds the core ahead of the operating system where CPUs are short', () => {
    const os = row('os-cgroup-fair');
    for (const knowledge of ['known', 'unknown'] as const) {
      const dynamic = row('dynamic', { knowledge });
      expect(dynamic.antt).toBeLessThan(0.75 * os.antt);
      expect(dynamic.stp).toBeGreaterThan(1.1 * os.stp);
    }
  });
});

describe('barsOf', () => {
  const row: Row = {
    ...SETTING,
    policy: 'dynamic',
    knowledge: 'known',
    users: 32,
    antt: 1.6,
    stp: 1.44,
    p95: 1,
    shortP95: 1,
    maxWaitS: 0,
    utilization: 1
  };
  const os: Row = { ...row, policy: 'os-cgroup-fair', knowledge: 'none', antt: 3, stp: 1.15 };
  const fitting = { antt: 1, writes: 0 };
  const missed = (rows: readonly Row[], it = fitting) =>
    barsOf(rows, it).flatMap(({ id, met }) => (met ? [] : [id]));

  it('judges each bar by its rows', () => {
    expect(barsOf([row, os], fitting).map(({ id }) => id)).toEqual([
      'antt32',
      'stp32',
      'anttOverSystem',
      'undersubscribedAntt',
      'undersubscribedWrites'
    ]);
    expect(missed([row, os])).toEqual([]);
    expect(missed([{ ...row, antt: 1.7 }, os])).toEqual(['antt32']);
    expect(missed([{ ...row, stp: 1.4 }, os])).toEqual(['stp32']);
    const linear = [
      { ...row, antt: 3.1, speedup: 'linear' },
      { ...os, speedup: 'linear' }
    ] as const;
    expect(missed(linear)).toEqual(['anttOverSystem']);
    expect(missed([row, { ...row, knowledge: 'learned', antt: 1.8 }])).toEqual([
      'anttLearnedOverKnown'
    ]);
    expect(missed([row, os], { antt: 1.02, writes: 1 })).toEqual([
      'undersubscribedAntt',
      'undersubscribedWrites'
    ]);
  });

  it('tells of the worst setting, and how far the others are', () => {
    const far = { ...row, antt: 1.2, users: 16 };
    const bars = barsOf([row, os, far, { ...os, users: 16 }], fitting);
    const { value, spread } = bars.find(({ id }) => id === 'anttOverSystem')!;
    expect({ value, spread }).toEqual({ value: 0.533, spread: [0.4, 0.533] });
  });
});
