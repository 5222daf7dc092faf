import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import type { AuditView } from '../protocol/audit';
import type { ErrorBody } from '../protocol/view';
import { ANN, BOB, SharedSidecar, type UserSide } from '../testing/sharedSidecar';
import { shortDirectory } from '../testing/sidecar';

const root = { describe: process.getuid?.() === 0 ? describe : describe.skip };

root.describe('administrators of a shared sidecar (needs root)', () => {
  let outer: string;
  let sidecar: SharedSidecar;
  let [ann, bob]: UserSide[] = [];

  beforeEach(async () => {
    outer = shortDirectory();
    mkdirSync(join(outer, 'x'));
    const file = join(outer, 'cellgrant.yaml');
    writeFileSync(file, 'administrators: ["@atlas"]\ngroups: {guests: {weight: 1}}\n');
    const options = ['--memory', '4 GiB', '--config', file];
    sidecar = await SharedSidecar.start(join(outer, 'state'), join(outer, 'run'), ...options);
    [ann, bob] = [await sidecar.serve(ANN), await sidecar.serve(BOB)];
  });

  afterEach(async () => {
    expect(await sidecar.stop()).toEqual([0]);
    rmSync(outer, { recursive: true });
  });

  const of = (it: { status: number; body: unknown }) => [
    it.status,
    (it.body as ErrorBody | null)?.code
  ];
  const NO = [403, 'ADMINISTRATORS_ONLY'];
  const logOf = async (side: UserSide) =>
    ((await side.ask('GET', 'admin/log')).body as AuditView).records;

  it('[ADMIN1] [ADMIN6] refuses others, and records who tried', async () => {
    const kernel = await ann!.connected();
    const { id: holder } = kernel;
    const tried = [
      ['PUT', 'admin/drain', '{"why": "x"}'],
      ['DELETE', 'admin/drain'],
      ['POST', 'admin/evict', JSON.stringify({ holder })],
      ['POST', 'admin/move', JSON.stringify({ holder, group: 'guests' })],
      ['PUT', 'policy', '{"policy": "naive"}'],
      ['GET', 'admin/log']
    ] as const;
    for (const [method, path, body] of tried) {
      expect([path, ...of(await bob!.ask(method, path, body))]).toEqual([path, ...NO]);
    }
    const { node, holders } = await ann!.snapshot();
    expect([node.drain, node.policy, holders[0]!.group]).toEqual([null, 'dynamic', 'all']);
    const records = await logOf(ann!);
    expect(records.map(it => it.action)).toEqual([
      'drain',
      'undrain',
      'evict',
      'move',
      'policy',
      'log'
    ]);
    expect(new Set(records.map(it => `${it.uid} ${it.user} ${it.outcome}`))).toEqual(
      new Set([`${BOB.uid} bob ADMINISTRATORS_ONLY`])
    );
  });

  it('[ADMIN6] lets nobody push records out by attempts', async () => {
    await ann!.ask('PUT', 'policy', '{"policy": "dynamic"}');
    for (let attempt = 0; attempt < 30; attempt += 1) {
      expect(of(await bob!.ask('DELETE', 'admin/drain'))).toEqual(NO);
    }
    expect(await logOf(ann!)).toHaveLength(21);
  });

  it("[ADMIN3] [ADMIN6] cancels others' waiting claims, and records that; one's own are one's own", async () => {
    const [runs, waits] = [await bob!.connected(), await bob!.connected()];
    runs.claim('runs', { memory: '3 GiB' });
    await runs.gate.hear('granted', 'runs');
    waits.claim('own', { memory: '3 GiB' });
    await waits.gate.hear('waiting', 'own');
    expect((await bob!.ask('DELETE', 'claims/own')).status).toBe(204);
    waits.claim('a', { memory: '3 GiB' });
    await waits.gate.hear('waiting', 'a');
    const order = JSON.stringify({ claim: 'a', why: 'a reboot' });
    expect((await ann!.ask('POST', 'admin/cancel', order)).status).toBe(204);
    expect((await waits.gate.hear('refused', 'a')).message).toBe(
      'This cell was cancelled by ann (a reboot) while it waited for memory. It did not run.'
    );
    expect(of(await ann!.ask('DELETE', 'claims/runs'))).toEqual([409, 'CLAIM_RUNNING']);
    const other = await ann!.connected();
    other.claim('of-ann', { memory: '3 GiB' });
    await other.gate.hear('waiting', 'of-ann');
    expect(of(await bob!.ask('DELETE', 'claims/of-ann'))).toEqual([403, 'NOT_YOURS']);
    const records = await logOf(ann!);
    expect(records.map(it => [it.user, it.action, it.on['claim'], it.why, it.outcome])).toEqual([
      ['ann', 'cancel', 'a', 'a reboot', 'done'],
      ['ann', 'cancel', 'runs', null, 'CLAIM_RUNNING'],
      ['bob', 'cancel', 'of-ann', null, 'NOT_YOURS']
    ]);
    expect(records[0]!.on).toMatchObject({ owner: 'bob', holder: waits.id });
  });

  it('[ADMIN2] [SEC1] says to every user who drains the node, and why', async () => {
    expect((await ann!.ask('PUT', 'admin/drain', '{"why": "a reboot"}')).status).toBe(204);
    const kernel = await bob!.connected();
    kernel.claim('a', {});
    expect((await kernel.gate.hear('waiting', 'a')).sentence).toBe(
      'because the node is being drained by ann: a reboot'
    );
    expect((await bob!.snapshot()).node.drain).toMatchObject({ by: 'ann', why: 'a reboot' });
    expect((await ann!.ask('DELETE', 'admin/drain')).status).toBe(204);
    await kernel.gate.hear('granted', 'a');
    expect(readFileSync(join(outer, 'state', 'audit.jsonl'), 'utf8')).toContain('"user":"ann"');
  });
});
