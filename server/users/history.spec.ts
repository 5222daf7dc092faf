import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';

import type { ExecutionView, HistoryPage, ReportView } from '../protocol/history';
import type { Snapshot } from '../protocol/view';
import type { TestKernel } from '../testing/gate';
import { ANN, BOB, SharedSidecar, type UserSide } from '../testing/sharedSidecar';
import { shortDirectory } from '../testing/sidecar';
import { HAS_SQLITE } from '../store/sqlite';

const SHA = 'a5'.repeat(32);

const isPossible = process.getuid?.() === 0 && HAS_SQLITE;
const suite = { describe: isPossible ? describe : describe.skip };

suite.describe('the history of users who share a sidecar (needs root, and node:sqlite)', () => {
  let outer: string;
  let sidecar: SharedSidecar;
  let ann: UserSide;
  let bob: UserSide;

  beforeEach(async () => {
    outer = shortDirectory();
    mkdirSync(join(outer, 'x'));
    sidecar = await SharedSidecar.start(join(outer, 'state'), join(outer, 'run'));
    [ann, bob] = [await sidecar.serve(ANN), await sidecar.serve(BOB)];
    await run(await ann.connected(), 'of-ann');
    await run(await bob.connected(), 'of-bob');
  });

  afterEach(async () => {
    expect(await sidecar.stop()).toEqual([0]);
    rmSync(outer, { recursive: true });
  });

  async function run(kernel: TestKernel, id: string): Promise<void> {
    const sources = { metadata: { cpus: 1 } };
    kernel.gate.say({ type: 'claim', id, cellId: 'cell', label: 'In [1]', sources });
    await kernel.gate.hear('granted', id);
    kernel.release(id);
  }

  const ask = async (side: UserSide, path: string) => (await side.ask('GET', path)).body;

  it('[HIST6, SEC1] shows each the own, and of others owner and amounts', async () => {
    const { executions } = (await ask(ann, 'history')) as HistoryPage;
    const own = { owner: ANN.name, cellId: 'cell', label: 'In [1]' };
    const others = { owner: BOB.name, holderName: BOB.name, cellId: null, label: null };
    expect(executions).toMatchObject([own, { ...others, notebook: null, used: {} }]);
    const users = (await ask(bob, 'report?by=user')) as ReportView;
    expect(users.rows.map(it => it.key).sort()).toEqual([ANN.name, BOB.name].sort());
  });

  it('[HIST6] finds nothing of others by notebook or cell', async () => {
    const found = async (side: UserSide, query: string) =>
      ((await ask(side, `history?${query}`)) as HistoryPage).executions.map(it => it.claimId);
    expect(await found(ann, 'cellId=cell')).toEqual(['of-ann']);
    expect(await found(ann, `cellId=cell&owner=${BOB.name}`)).toEqual([]);
    const { rows } = (await ask(ann, 'report?by=notebook')) as ReportView;
    expect(rows.map(it => it.executions)).toEqual([1]);
  });

  it('[TRACE2] everybody may import a trace, as their own, and is told what its cells need', async () => {
    const [{ row: _, ...of }] = ((await ask(ann, 'history')) as HistoryPage).executions as [
      ExecutionView
    ];
    const used = { ...of.used!, memoryBeforeBytes: 0, memoryPeakBytes: 5e9 };
    const trace = { ...of, claimId: 'of-elsewhere', owner: 'carl', used, sourceSha256: SHA };
    const body = JSON.stringify({ executions: [trace, trace] });
    expect((await bob.ask('POST', 'history', body)).body).toEqual({ added: 1 });
    const kernel = await bob.connected();
    const sources = { metadata: { cpus: 1 } };
    kernel.gate.say({ type: 'claim', id: 'next', sourceHash: SHA, sources });
    await kernel.gate.hear('granted', 'next');
    const { claims } = (await ask(bob, 'snapshot')) as Snapshot;
    const predicted = claims.find(it => it.id === 'next');
    expect(predicted).toMatchObject({ predicted: { memoryBytes: { level: 'source', runs: 1 } } });
    const { executions } = (await ask(bob, 'history')) as HistoryPage;
    expect(executions.filter(it => it.claimId === 'of-elsewhere').map(it => it.owner)).toEqual([
      BOB.name
    ]);
    expect(JSON.stringify(executions)).not.toContain(SHA);
  });

  it('[HIST6] only an administrator adds executions of elsewhere', async () => {
    const [{ row: _, ...of }] = ((await ask(ann, 'history')) as HistoryPage).executions as [
      ExecutionView
    ];
    const body = JSON.stringify({ executions: [of] });
    expect((await ann.ask('POST', 'history', body)).body).toMatchObject({
      code: 'ADMINISTRATORS_ONLY'
    });
    const root = await sidecar.serve({ uid: 0, gid: 0, name: 'root', groups: [] });
    expect((await root.ask('POST', 'history', body)).body).toEqual({ added: 0 });
  });
});
