import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';

import type { HistoryPage, ReportView, SeriesView } from '../protocol/history';
import type { ErrorBody, NodeView } from '../protocol/view';
import { SmallDisk } from '../testing/faults/smallDisk';
import type { TestKernel } from '../testing/gate';
import { TestSidecar } from '../testing/sidecar';
import { Stage } from '../testing/stage';
import { sqlite } from '../testing/withSqlite';
import { loadSqlite } from './sqlite';

sqlite.describe('the history of a real sidecar (needs node:sqlite)', () => {
  let stage: Stage;
  const sharedStage = new Stage();
  let shared: TestSidecar | null = null;

  beforeEach(() => {
    stage = new Stage();
  });

  afterEach(() => stage.clear());

  afterAll(() => sharedStage.clear());

  async function runCell(sidecar: TestSidecar, id: string): Promise<void> {
    const kernel = await stage.connected(sidecar);
    kernel.claim(id, { memory: '1 GiB', cpus: 1 });
    await kernel.gate.hear('granted', id);
    kernel.release(id);
  }

  async function pageOf(sidecar: TestSidecar, query = ''): Promise<HistoryPage> {
    return (await sidecar.ask('GET', `/api/v1/history${query}`)).body as HistoryPage;
  }

  it('[HIST2] has what ended, in its order, also after it was killed', async () => {
    const first = await stage.sidecar();
    await runCell(first, 'a');
    await runCell(first, 'b');
    const before = await pageOf(first);
    expect(before.executions.map(it => it.claimId)).toEqual(['a', 'b']);
    expect(before.executions[0]).toMatchObject({
      outcome: 'ok',
      ask: { memoryBytes: 2 ** 30, cpus: { kind: 'fixed', n: 1 } },
      grant: { memoryBytes: 2 ** 30, threads: 1 }
    });

    await first.kill();
    const second = await stage.sidecarIn(first.dir, '--memory', '4 GiB');
    await runCell(second, 'c');
    const after = await pageOf(second);
    expect(after.executions.slice(0, 2)).toEqual(before.executions);
    expect(after.executions.map(it => it.claimId)).toEqual(['a', 'b', 'c']);
  });

  it('[LEARN3] teaches the next sidecar what this one learned', async () => {
    const first = await stage.sidecar();
    const kernel = await stage.connected(first);
    kernel.gate.say({ type: 'claim', id: 'a', cellId: 'c', sources: {} });
    await kernel.gate.hear('granted', 'a');
    kernel.release('a');
    await kernel.gate.settled();
    const usualIn = async (sidecar: TestSidecar, holderId: string): Promise<unknown> => {
      const path = `/api/v1/holders/${holderId}/fits`;
      const { body } = await sidecar.ask('POST', path, '[{"cellId": "c"}]');
      return (body as readonly { usual?: { last: unknown } }[])[0]?.usual?.last;
    };
    const before = await usualIn(first, kernel.id);
    expect(before).toMatchObject({ outcome: 'ok' });
    expect((await pageOf(first)).executions).toHaveLength(1); // it is in the file
    await first.kill();
    const second = await stage.sidecarIn(first.dir, '--memory', '4 GiB');
    const next = await stage.connected(second);
    let after = await usualIn(second, next.id);
    while (after === undefined) {
      after = await usualIn(second, next.id); // history is read meanwhile
    }
    // Times are stored in whole ms.
    const times = { endedMs: expect.any(Number), tookMs: expect.any(Number) };
    expect(after).toEqual({ ...(before as object), ...times });
  });

  it('[HIST5] has sums and plots of it', async () => {
    const sidecar = await stage.sidecar();
    await runCell(sidecar, 'a');
    const report = (await sidecar.ask('GET', '/api/v1/report?by=day')).body as ReportView;
    expect(report.rows).toMatchObject([{ executions: 1, key: expect.stringMatching(/^\d{4}-/) }]);
    const plot = (await sidecar.ask('GET', '/api/v1/history/series?of=node')).body as SeriesView;
    expect(plot).toMatchObject({ of: { kind: 'node' }, atMs: [], values: { cpusBusy: [] } });
  });

  it('[HIST3] has no hash of a source that anybody could look up', async () => {
    const hash = createHash('sha256').update('secret = 1').digest('hex');
    const first = await stage.sidecar();
    const keyOf = () => readFileSync(join(first.dir, 'source.key'), 'utf8');
    const kernel = await stage.connected(first);
    const run = async (id: string, of: TestKernel) => {
      of.gate.say({ type: 'claim', id, sourceHash: hash, sources: { metadata: { hold: true } } });
      await of.gate.hear('granted', id);
      of.release(id);
    };
    await run('a', kernel);
    const page = await pageOf(first);
    expect(JSON.stringify(page)).not.toContain('ourceHash');
    const key = keyOf();
    expect(statSync(join(first.dir, 'source.key')).mode & 0o777).toBe(0o600);
    await first.stop();
    for (const name of readdirSync(first.dir)) {
      const isFile = statSync(join(first.dir, name)).isFile();
      isFile && expect(readFileSync(join(first.dir, name)).includes(hash)).toBe(false);
    }

    const second = await stage.sidecarIn(first.dir);
    await run('b', await stage.connected(second));
    await second.stop();
    expect(keyOf()).toBe(key);
    const { DatabaseSync } = loadSqlite();
    const db = new DatabaseSync(join(first.dir, 'history.db'));
    const sources = db.prepare('SELECT DISTINCT source FROM execution').all();
    db.close();
    expect(sources).toEqual([{ source: expect.stringMatching(/^[0-9a-f]{32}$/) }]);
  });

  it('[HIST7] pauses while its disk is full, says so, and loses nothing', async () => {
    const dir = stage.directory();
    const disk = await SmallDisk.over(dir, 'size=1m');
    if (!disk) {
      return; // a user may not make one
    }
    stage.keep(disk);
    const { root, through } = disk;
    const sidecar = stage.adopt(await TestSidecar.startIn({ dir, root, through }));
    const notices = async () => {
      const { body } = await sidecar.ask('GET', '/api/v1/node');
      return (body as NodeView).notices.filter(it => it.includes('History'));
    };
    await runCell(sidecar, 'before');
    await pageOf(sidecar);
    disk.fill();
    for (let at = 0; (await notices()).length === 0; at += 1) {
      await runCell(sidecar, `meanwhile-${at}`);
    }
    expect(await notices()).toEqual([expect.stringMatching(/is paused: there is no room for/)]);
    disk.free();
    while ((await notices()).length > 0) {
      await new Promise(resolve => setTimeout(resolve, 100));
    }
    const { executions } = await pageOf(sidecar, '?last=1000');
    const ids = executions.map(it => it.claimId);
    expect(ids.slice(0, 2)).toEqual(['before', 'meanwhile-0']);
    expect(new Set(ids).size).toBe(ids.length);
  });

  it.each([
    ['history?from=x', /"from": expected ms since the epoch, a date/],
    ['history?limit=0', /"limit": expected a whole number from 1 to 1000/],
    ['history?last=5&limit=5', /either "last", or "limit" and "after"/],
    ['history?notebok=x', /notebok/],
    ['history?notebook=a&notebook=b', /"notebook": expected a text, once/],
    ['history/series', /"of": expected/],
    ['history/series?of=disk', /"of": expected node, holder:ID or gpu:UUID/],
    ['history/series?of=node&from=2026-02-01&to=2026-01-01', /expected "from" to be before "to"/],
    ['report?by=cell', /"by": expected user, group, notebook or day/]
  ])('[HIST5] what cannot be read is named: %s', async (path, sentence) => {
    shared ??= await sharedStage.sidecar();
    const { status, body } = await shared.ask('GET', `/api/v1/${path}`);
    expect([status, (body as ErrorBody).code]).toEqual([400, 'QUERY_INVALID']);
    expect((body as ErrorBody).message).toMatch(sentence);
  });
});
