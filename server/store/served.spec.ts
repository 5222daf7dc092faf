import type { HistoryPage, ReportView, SeriesView } from '../protocol/history';
import type { TestSidecar } from '../testing/sidecar';
import { Stage } from '../testing/stage';
import { describeWithSqlite } from '../testing/withSqlite';

describeWithSqlite('the history of a real sidecar', () => {
  let stage: Stage;

  beforeEach(() => {
    stage = new Stage();
  });

  afterEach(() => stage.clear());

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
});
