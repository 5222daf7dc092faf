import { chmodSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';

import { ALL, executionAt, NEW_YEAR_MS } from '../testing/executions';
import { shortDirectory } from '../testing/sidecar';
import { sqlite } from '../testing/withSqlite';
import { Archive } from './archive';
import type { Batch } from './messages';
import type { Sample } from './samples';
import { APPLICATION_ID, UPGRADES, VERSION, pragmaOf } from './schema';
import { loadSqlite } from './sqlite';

const HOUR_MS = 3_600_000;
const LIMITS = { days: 90, bytes: 1e9 };

sqlite.describe('the archive (needs node:sqlite)', () => {
  let dir: string;
  let archive: Archive;

  const place = () => ({ path: join(dir, 'history.db'), named: 'history.db' });
  const record = (batch: Partial<Batch>) =>
    archive.record({ executions: [], samples: [], limits: LIMITS, nowMs: NEW_YEAR_MS, ...batch });
  const ids = (query: Partial<typeof ALL> = {}) =>
    archive.page({ ...ALL, ...query }).executions.map(it => it.claimId);

  beforeEach(() => {
    dir = shortDirectory();
    archive = new Archive(place());
  });

  afterEach(() => {
    archive.close();
    rmSync(dir, { recursive: true });
  });

  it('[HIST1, HIST2] has an execution as it was recorded', () => {
    const never = { grantedMs: null, grant: null, used: null, outcome: 'cancelled' } as const;
    const bare = { notebook: null, cellId: null, label: null, sourceHash: null, thinkMs: 7 };
    const all = [
      executionAt(NEW_YEAR_MS),
      executionAt(NEW_YEAR_MS + 1, { ...never, ...bare, holderKind: 'command' }),
      executionAt(NEW_YEAR_MS + 2, {
        grant: { cpus: null, threads: null, memoryBytes: null, gpus: [] }
      })
    ];
    expect(record({ executions: all })).toEqual([0, 1, 2]);
    expect(archive.recent(10)).toEqual(all);
    expect(archive.recent(1)).toEqual(all.slice(2));
    const [first] = archive.page(ALL).executions;
    expect(first).toMatchObject({ grant: { cpus: '0-1' }, claimId: all[0]!.claimId });
    expect(first).not.toHaveProperty('sourceHash');
  });

  it('[HIST2] records nothing twice', () => {
    const same = [executionAt(NEW_YEAR_MS), executionAt(NEW_YEAR_MS, { claimId: 'other' })];
    expect(record({ executions: same })).toEqual([0, 1]);
    expect(record({ executions: [...same, executionAt(NEW_YEAR_MS + 1)] })).toEqual([2]);
    expect(ids()).toHaveLength(3);
    // A trace that two users took over teaches both (TRACE2).
    expect(record({ executions: [executionAt(NEW_YEAR_MS, { owner: 'bob' })] })).toEqual([0]);
  });

  it('[HIST5] pages in the order of ends, also where older ones came later', () => {
    const at = (ms: number) => executionAt(NEW_YEAR_MS + ms, { claimId: `${ms}` });
    record({ executions: [3, 5, 7].map(at) });
    record({ executions: [1, 4, 6].map(at) });
    const first = archive.page({ ...ALL, limit: 4 });
    expect(first.executions.map(it => it.claimId)).toEqual(['1', '3', '4', '5']);
    const second = archive.page({ ...ALL, limit: 4, after: first.next });
    expect(second.executions.map(it => it.claimId)).toEqual(['6', '7']);
    expect(second.next).toBeNull();
    expect(ids({ limit: 2, fromEnd: true })).toEqual(['6', '7']);
    expect(ids({ fromMs: NEW_YEAR_MS + 3, toMs: NEW_YEAR_MS + 5 })).toEqual(['3', '4']);
  });

  it('[HIST5] has no next page behind the last ones, and all where there are fewer', () => {
    record({ executions: [1, 2, 3].map(it => executionAt(NEW_YEAR_MS + it)) });
    const last = archive.page({ ...ALL, limit: 2, fromEnd: true });
    expect([last.executions.length, last.next]).toEqual([2, null]);
    expect(ids({ limit: 3, fromEnd: true })).toHaveLength(3);
  });

  it('[HIST2] has room for 1024 that end in one ms', () => {
    const many = Array.from({ length: 1025 }, (_, at) =>
      executionAt(NEW_YEAR_MS, { claimId: `${at}` })
    );
    expect(record({ executions: [...many, executionAt(NEW_YEAR_MS + 1)] })).toHaveLength(1025);
    expect(ids({ toMs: NEW_YEAR_MS + 1, limit: 2000 })).toHaveLength(1024);
  });

  it('[HIST2] knows no names of what was not added', () => {
    const wrong = executionAt(NEW_YEAR_MS, { claimId: undefined as never });
    expect(() => record({ executions: [wrong] })).toThrow();
    const right = executionAt(NEW_YEAR_MS);
    record({ executions: [executionAt(NEW_YEAR_MS - 1, { owner: 'bob', cellId: 'x' }), right] });
    expect(archive.recent(1)).toEqual([right]);
  });

  it('[HIST4] forgets names that nothing has any more', () => {
    record({ executions: [executionAt(NEW_YEAR_MS, { notebook: 'gone.ipynb' })] });
    const laterMs = NEW_YEAR_MS + 91 * 24 * HOUR_MS;
    record({ executions: [executionAt(laterMs)], nowMs: laterMs });
    archive.close();
    const { DatabaseSync } = loadSqlite();
    const db = new DatabaseSync(place().path);
    const words = db.prepare('SELECT text FROM word').all();
    db.close();
    archive = new Archive(place());
    expect(words).toContainEqual({ text: 'work/a.ipynb' });
    expect(words).not.toContainEqual({ text: 'gone.ipynb' });
  });

  it('[HIST5] takes the only figure of a step as the most in it', () => {
    const of = { kind: 'node' } as const;
    record({ samples: [{ of, atMs: NEW_YEAR_MS, cpus: 2, memory: 7 }] });
    const range = { fromMs: NEW_YEAR_MS, toMs: NEW_YEAR_MS + 10_000, points: 1 };
    const { values } = archive.series({ of, ...range, nowMs: NEW_YEAR_MS });
    expect(values).toMatchObject({ cpusBusyMax: [2], memoryBytesMax: [7] });
  });

  it('[HIST5] finds those of a notebook, a user, a holder or a cell', () => {
    const [nb, ended] = ['b.ipynb', NEW_YEAR_MS];
    const b = { notebook: nb, owner: 'bob', holderId: 'kernel-2', cellId: 'cell-2', claimId: 'b' };
    record({ executions: [executionAt(ended, { claimId: 'a' }), executionAt(ended + 1, b)] });
    expect(ids({ notebook: nb })).toEqual(['b']);
    expect(ids({ owner: 'ann' })).toEqual(['a']);
    expect(ids({ holderId: 'kernel-2' })).toEqual(['b']);
    expect(ids({ cellId: 'cell-1' })).toEqual(['a']);
    expect(ids({ owner: 'ann', notebook: nb })).toEqual([]);
    expect(ids({ owner: "ann' OR 1=1 --" })).toEqual([]);
  });

  it('[HIST5] adds up what was waited, held and used', () => {
    const unpinned = { cpus: null, threads: 2, memoryBytes: null, gpus: [] };
    record({
      executions: [
        executionAt(NEW_YEAR_MS + HOUR_MS * 12),
        executionAt(NEW_YEAR_MS + HOUR_MS * 36, { grant: unpinned }),
        executionAt(NEW_YEAR_MS + HOUR_MS * 36, { owner: 'bob', notebook: null, claimId: 'b' })
      ]
    });
    const range = { fromMs: NEW_YEAR_MS, toMs: NEW_YEAR_MS + HOUR_MS * 48, owner: null };
    const keys = (by: 'user' | 'group' | 'notebook' | 'day') =>
      archive.report({ ...range, by }).rows.map(it => `${it.key} ${it.executions}`);
    expect(keys('user')).toEqual(['ann 2', 'bob 1']);
    expect(keys('group')).toEqual(['atlas/prod 3']);
    expect(keys('notebook')).toEqual(['work/a.ipynb 2', ' 1']);
    expect(keys('day')).toHaveLength(2);
    expect(archive.report({ ...range, by: 'user' }).rows[0]).toEqual({
      key: 'ann',
      executions: 2,
      waitedMs: 2000,
      ranMs: 8000,
      cpuSeconds: 12,
      cpuSecondsHeld: 2 * 4 + 6, // what ran unpinned held what it used
      memoryByteSecondsHeld: 1000 * 4,
      memoryByteSecondsUsed: 500 * 8,
      gpuSecondsHeld: 4,
      gpuSecondsUsed: 2
    });
  });

  it('[HIST4, HIST5] plots means and the most, in the steps that are kept', () => {
    const node = { kind: 'node' } as const;
    const samples = Array.from({ length: 360 }, (_, at): Sample => ({
      of: node,
      atMs: NEW_YEAR_MS + at * 10_000,
      cpus: at % 2,
      cpusMax: at,
      waiting: null
    }));
    record({ samples });
    const all = { of: node, fromMs: NEW_YEAR_MS, toMs: NEW_YEAR_MS + HOUR_MS };
    const now = { nowMs: NEW_YEAR_MS + HOUR_MS };
    const fine = archive.series({ ...all, points: 360, ...now });
    expect([fine.stepMs, fine.atMs.length]).toEqual([10_000, 360]);
    const coarse = archive.series({ ...all, points: 6, ...now });
    expect(coarse).toMatchObject({ stepMs: 600_000, values: { waiting: Array(6).fill(null) } });
    expect(coarse.values.cpusBusy).toEqual(Array(6).fill(0.5));
    expect(coarse.values.cpusBusyMax).toEqual([59, 119, 179, 239, 299, 359]);

    record({ nowMs: NEW_YEAR_MS + 24 * HOUR_MS });
    const later = { nowMs: NEW_YEAR_MS + 24 * HOUR_MS };
    expect(archive.series({ ...all, points: 360, ...later }).stepMs).toBe(60_000);
    expect(
      archive.series({ ...all, of: { kind: 'gpu', uuid: 'x' }, points: 1, ...now }).atMs
    ).toEqual([]);
  });

  it('[HIST4] forgets what is too old, and what is oldest where there is too much', () => {
    const many = Array.from({ length: 20_000 }, (_, at) => executionAt(NEW_YEAR_MS + at * 10_000));
    record({ executions: many, nowMs: NEW_YEAR_MS + 200_000_000 });
    record({ nowMs: NEW_YEAR_MS + 204_000_000, limits: { days: 1, bytes: 1e9 } });
    const [first] = archive.page({ ...ALL, limit: 1 }).executions;
    expect(first!.endedMs).toBe(NEW_YEAR_MS + 204_000_000 - 24 * HOUR_MS);
    const before = statSync(place().path).size;
    record({ nowMs: NEW_YEAR_MS + 204_000_001, limits: { days: 90, bytes: 600_000 } });
    archive.close();
    expect(statSync(place().path).size).toBeLessThan(Math.min(before, 700_000));
    archive = new Archive(place());
    expect(archive.recent(1)).toEqual(many.slice(-1));
  });

  it('[HIST7] brings a file of every older version to the present one', () => {
    for (let version = 1; version <= VERSION; version += 1) {
      archive.close();
      rmSync(place().path);
      const { DatabaseSync } = loadSqlite();
      const old = new DatabaseSync(place().path);
      UPGRADES.slice(0, version).forEach(it => old.exec(it));
      old.exec(`INSERT INTO word VALUES (1, 'ann'), (2, '{}');
        INSERT INTO execution (row, claim, holder, kind, name, owner, team, arrived_ms, granted_ms,
          ended_ms, outcome, ask, measured, cpu_seconds)
        VALUES (1024000, 'old', 1, 0, 1, 1, 1, 0, 400, 1000, 0, 2, 1, 6)`);
      old.exec(`PRAGMA application_id = ${APPLICATION_ID}; PRAGMA user_version = ${version}`);
      old.close();
      chmodSync(place().path, 0o600);
      archive = new Archive(place());
      record({ executions: [executionAt(NEW_YEAR_MS)], limits: { days: 36_500, bytes: 1e9 } });
      expect(ids()).toEqual(['old', executionAt(NEW_YEAR_MS).claimId]);
      const all = { fromMs: 0, toMs: ALL.toMs, owner: null };
      expect(archive.report({ ...all, by: 'user' }).rows).toMatchObject([
        { key: 'ann', executions: 2, waitedMs: 1400, ranMs: 4600, cpuSeconds: 12 }
      ]);
    }
    archive.close();
    const { DatabaseSync } = loadSqlite();
    const now = new DatabaseSync(place().path);
    expect(pragmaOf(now, 'user_version')).toBe(VERSION);
    now.close();
    archive = new Archive(place());
  });
});
