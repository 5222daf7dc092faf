import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import type { TestSidecar } from '../testing/sidecar';
import { Stage } from '../testing/stage';

const DASHBOARD = `${__dirname}/../../docs/grafana-dashboard.json`;

/** Every sample of the text format, by its name and labels. */
function samplesOf(text: string): ReadonlyMap<string, number> {
  const lines = text.split('\n').filter(line => line && !line.startsWith('#'));
  return new Map(
    lines.map(line => {
      const at = line.lastIndexOf(' ');
      return [line.slice(0, at), Number(line.slice(at + 1))];
    })
  );
}

const namesIn = (text: string): readonly string[] =>
  [...text.matchAll(/^# TYPE (\w+) /gm)].map(it => it[1]!).sort();

describe('metrics of a sidecar', () => {
  let stage: Stage;
  let sidecar: TestSidecar;

  beforeEach(async () => {
    stage = new Stage();
    sidecar = await stage.sidecar();
  });

  afterEach(() => stage.clear());

  const read = async () => (await sidecar.ask('GET', '/api/v1/metrics')).body as string;

  it('[OBS1] counts what ran and who waits, and shows what is granted', async () => {
    const [one, other] = [await stage.connected(sidecar), await stage.connected(sidecar)];
    one.claim('first', { memory: '3 GiB', cpus: 1 });
    await one.gate.hear('granted', 'first');
    other.claim('second', { memory: '3 GiB' });
    await other.gate.hear('waiting', 'second');
    const during = samplesOf(await read());
    expect(during.get('cellgrant_claims{group="all",state="running"}')).toBe(1);
    expect(during.get('cellgrant_claims{group="all",state="waiting"}')).toBe(1);
    expect(during.get('cellgrant_holders{kind="kernel",state="running"}')).toBe(1);
    expect(during.get('cellgrant_group_memory_promised_bytes{group="all"}')).toBe(3 * 1024 ** 3);
    expect(during.get('cellgrant_group_cpus_pinned{group="all"}')).toBe(1);
    expect(during.get('cellgrant_node_memory_bytes')).toBe(4 * 1024 ** 3);

    one.release('first');
    await other.gate.hear('granted', 'second');
    const after = samplesOf(await read());
    expect(after.get('cellgrant_claims_total{group="all",outcome="ok"}')).toBe(1);
    expect(after.get('cellgrant_claim_wait_seconds_count{group="all"}')).toBe(2);
    expect(after.get('cellgrant_claim_run_seconds_count{group="all"}')).toBe(1);
    expect(after.has('cellgrant_claims{group="all",state="waiting"}')).toBe(false);
    expect(after.get('cellgrant_decision_seconds_count')).toBeGreaterThan(4);
    // No user by name, unless that was chosen.
    expect([...after.keys()].filter(it => it.includes('user='))).toEqual([]);
  });

  it('[OBS1] has the names that SPEC.md lists, and those that the dashboard draws', async () => {
    const spec = readFileSync(`${__dirname}/../../SPEC.md`, 'utf8');
    const listed = [...spec.matchAll(/^\| (cellgrant_\w+) /gm)].map(it => it[1]!).sort();
    const names = namesIn(await read());
    expect(names).toEqual(listed);
    const drawn = readFileSync(DASHBOARD, 'utf8').match(/cellgrant_\w+/g) ?? [];
    expect(drawn.length).toBeGreaterThan(5);
    const unknown = drawn.filter(it => !names.includes(it.replace(/_(bucket|sum|count)$/, '')));
    expect(unknown).toEqual([]);
  });

  it('[OBS1] has users by name where that was chosen', async () => {
    const file = join(stage.directory(), 'cellgrant.yaml');
    writeFileSync(file, 'metrics: {users: true}\n');
    sidecar = await stage.sidecar('--config', file);
    const kernel = await stage.connected(sidecar);
    kernel.claim('first', { memory: '1 GiB' });
    await kernel.gate.hear('granted', 'first');
    const text = await read();
    expect(text).toMatch(/cellgrant_user_memory_promised_bytes\{user="\w+"\} 1073741824\n/);
  });

  it('[OBS2] is ready once it is known again who holds what', async () => {
    expect((await sidecar.ask('GET', '/readyz')).status).toBe(200);
    const kernel = await stage.connected(sidecar);
    await sidecar.kill();
    const next = await stage.sidecarIn(sidecar.dir, '--memory', '4 GiB');
    const before = await next.ask('GET', '/readyz');
    expect([before.status, before.body]).toEqual([
      503,
      { ok: false, why: 'Kernels have not yet said what they hold since the restart.' }
    ]);
    expect((await next.ask('GET', '/healthz')).status).toBe(200);
    await kernel.connect(next, []);
    expect((await next.ask('GET', '/readyz')).status).toBe(200);
  });
});
