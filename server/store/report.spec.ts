import { rmSync } from 'node:fs';
import { join } from 'node:path';

import type { Execution } from '../protocol/execution';
import type { ReportBy, ReportRow } from '../protocol/history';
import { executionAt, NEW_YEAR_MS } from '../testing/executions';
import { RandomSource } from '../testing/randomSource';
import { shortDirectory } from '../testing/sidecar';
import { sqlite } from '../testing/withSqlite';
import { Archive } from './archive';

const DAY_MS = 24 * 3_600_000;
const SPAN_MS = 5 * DAY_MS;
const LIMITS = { days: 90, bytes: 1e9 };

const KEYS: Readonly<Record<ReportBy, (it: Execution) => string>> = {
  user: it => it.owner,
  group: it => it.group,
  notebook: it => it.notebook ?? '',
  day: it => {
    const date = new Date(it.endedMs);
    const two = (n: number) => `${n}`.padStart(2, '0');
    return [date.getFullYear(), two(date.getMonth() + 1), two(date.getDate())].join('-');
  }
};

/** What one execution adds to a report. */
function amountsOf(it: Execution): Omit<ReportRow, 'key' | 'executions'> {
  const ranMs = it.endedMs - (it.grantedMs ?? it.endedMs);
  const { cpus = null, memoryBytes, gpus = [] } = it.grant ?? {};
  const { cpuSeconds = 0, memoryPeakBytes, gpuUtilisation } = it.used ?? {};
  return {
    waitedMs: (it.grantedMs ?? it.endedMs) - it.arrivedMs,
    ranMs,
    cpuSeconds: cpuSeconds ?? 0,
    cpuSecondsHeld: cpus ? (cpus.length * ranMs) / 1000 : (cpuSeconds ?? 0),
    memoryByteSecondsHeld: ((memoryBytes ?? 0) * ranMs) / 1000,
    memoryByteSecondsUsed: ((memoryPeakBytes ?? 0) * ranMs) / 1000,
    gpuSecondsHeld: (gpus.length * ranMs) / 1000,
    gpuSecondsUsed: (gpus.length * (gpuUtilisation ?? 0) * ranMs) / 1000
  };
}

/** The figures of each key, added up here. */
function sumsOf(all: readonly Execution[], by: ReportBy): Record<string, Record<string, number>> {
  const sums: Record<string, Record<string, number>> = {};
  for (const it of all) {
    const row = (sums[KEYS[by](it)] ??= { executions: 0 });
    row['executions']! += 1;
    Object.entries(amountsOf(it)).forEach(([name, n]) => (row[name] = (row[name] ?? 0) + n));
  }
  return sums;
}

sqlite.describe('reportOn (needs node:sqlite)', () => {
  const random = new RandomSource(5);
  let dir: string;
  let archive: Archive;
  let made = 0;

  beforeEach(() => {
    dir = shortDirectory();
    const path = join(dir, 'history.db');
    archive = new Archive({ path, named: path });
  });

  afterEach(() => {
    archive.close();
    rmSync(dir, { recursive: true });
  });

  /** Executions of some days, each with more or less of everything. */
  function some(count: number): Execution[] {
    return Array.from({ length: count }, () => {
      const endedMs = NEW_YEAR_MS + random.whole(0, SPAN_MS);
      const [owner, group] = [`user-${random.whole(1, 3)}`, `group-${random.whole(1, 2)}`];
      const notebook = random.next() < 0.2 ? null : `${random.whole(1, 4)}.ipynb`;
      const whose = { claimId: `c${(made += 1)}`, owner, group, notebook };
      const plain = executionAt(endedMs, whose);
      const roll = random.next();
      return roll < 0.2
        ? { ...plain, grantedMs: null, grant: null, used: null }
        : roll < 0.4
          ? { ...plain, grant: { ...plain.grant!, cpus: null, memoryBytes: null, gpus: [] } }
          : plain;
    });
  }

  function record(executions: readonly Execution[], nowMs = NEW_YEAR_MS + SPAN_MS): void {
    archive.record({ executions, samples: [], limits: LIMITS, nowMs });
  }

  /** Compare reports of ranges, from within a day to everything, with what is added up here. */
  function check(all: readonly Execution[]): void {
    for (let round = 0; round < 60; round += 1) {
      const by = (['user', 'group', 'notebook', 'day'] as const)[round % 4]!;
      const edge = () => NEW_YEAR_MS + random.whole(-1, 21) * (SPAN_MS / 20) + random.whole(-1, 1);
      const [fromMs, toMs] = [edge(), edge()].sort((a, b) => a - b) as [number, number];
      const owner = random.next() < 0.3 ? 'user-1' : null;
      const counted = all.filter(
        it => it.endedMs >= fromMs && it.endedMs < toMs && (owner === null || it.owner === owner)
      );
      const { rows } = archive.report({ by, fromMs, toMs, owner });
      const expected = sumsOf(counted, by);
      expect(rows.map(it => it.key).sort()).toEqual(Object.keys(expected).sort());
      for (const { key, ...figures } of rows) {
        for (const [name, n] of Object.entries(figures)) {
          expect(n).toBeCloseTo(expected[key]![name]!, 6);
        }
      }
    }
  }

  it('[HIST5] adds up each range to what its executions come to', () => {
    const all = some(400);
    record(all);
    check(all);
    // Nothing is added twice.
    record(all);
    check(all);
  });

  it('[HIST4, HIST5] adds up what is left where what is old was removed, and what comes again', () => {
    const all = some(400);
    record(all);
    const oldestMs = NEW_YEAR_MS + 1.3 * DAY_MS;
    record([], oldestMs + LIMITS.days * DAY_MS);
    const left = all.filter(it => it.endedMs >= oldestMs);
    expect(left.length).toBeLessThan(all.length);
    check(left);
    const older = some(50);
    record(older, oldestMs + LIMITS.days * DAY_MS + 1);
    check([...left, ...older]);
  });

  it('[HIST5] has those with the most CPU time first, and days as they came', () => {
    const used = executionAt(0).used!;
    const at = (days: number, cpuSeconds: number) =>
      executionAt(NEW_YEAR_MS + (days + 0.5) * DAY_MS, {
        owner: `user-${days}`,
        used: { ...used, cpuSeconds }
      });
    record([at(0, 5), at(1, 9), at(3, 1)]);
    const range = { fromMs: NEW_YEAR_MS, toMs: NEW_YEAR_MS + SPAN_MS, owner: null };
    const of = (by: ReportBy) => archive.report({ ...range, by }).rows.map(it => it.cpuSeconds);
    expect(of('user')).toEqual([9, 5, 1]);
    expect(of('day')).toEqual([5, 9, 1]);
  });
});
