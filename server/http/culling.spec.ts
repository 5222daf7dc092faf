import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

import type { Snapshot } from '../protocol/view';
import { EventStream } from '../testing/eventStream';
import type { TestKernel } from '../testing/gate';
import type { TestSidecar } from '../testing/sidecar';
import { Stage } from '../testing/stage';

const SPANS = 'cull: {idle: 1 s, notice: 1 s, keep: 1 h}\n';

describe('culling, on a real sidecar', () => {
  let stage: Stage;
  let sidecar: TestSidecar;
  let kernel: TestKernel;
  let stream: EventStream;

  beforeEach(async () => {
    stage = new Stage();
    const config = join(stage.directory(), 'cellgrant.yaml');
    writeFileSync(config, SPANS);
    sidecar = await stage.sidecar('--config', config);
    kernel = await stage.connected(sidecar);
    stream = await EventStream.open(sidecar);
  });

  afterEach(async () => {
    stream.close();
    await stage.clear();
  });

  const report = (idleMs = 3_600_000) =>
    sidecar.ask(
      'PUT',
      '/api/v1/culling/kernels',
      JSON.stringify([{ holderId: kernel.id, idleMs }])
    );
  const cullIn = (it: Snapshot) => it.holders.find(({ id }) => id === kernel.id)?.cull;

  /** Report as a server does until a snapshot is as wanted. */
  async function until(isWanted: (snapshot: Snapshot) => boolean): Promise<Snapshot> {
    await report();
    const again = setInterval(() => void report(), 300);
    return stream.until(isWanted).finally(() => clearInterval(again));
  }

  it('[CULL4] tells the owner, who keeps the kernel', async () => {
    await until(it => typeof cullIn(it)?.atMs === 'number');
    expect((await sidecar.ask('PUT', `/api/v1/holders/${kernel.id}/keep`)).status).toBe(204);
    const kept = await until(it => cullIn(it)?.atMs === null);
    expect(cullIn(kept)!.keptUntilMs! - kept.atMs).toBeGreaterThan(3_000_000);
  });

  it('[CULL6] [CULL7] shuts down only what is due, and tells of it', async () => {
    const begin = () => sidecar.ask('POST', `/api/v1/holders/${kernel.id}/cull`);
    expect(await begin()).toMatchObject({ status: 409, body: { code: 'STILL_USED' } });
    const again = setInterval(() => void report(), 300);
    while ((await begin()).status !== 204) {
      await stream.next(); // time passes with each
    }
    clearInterval(again);
    kernel.claim('late', {});
    expect(await kernel.gate.hear('refused', 'late')).toMatchObject({ code: 'SHUTTING_DOWN' });
    kernel.child.kill('SIGKILL');
    const { culled } = await stream.until(it => it.culled !== undefined);
    expect(culled).toMatchObject([{ holderId: kernel.id }]);
    expect(sidecar.log).toMatch(/culled kernel \S+ \(.*\) of \S+: idle since \S+Z \(.*\)/);
    const metrics = (await sidecar.ask('GET', '/api/v1/metrics')).body as string;
    expect(metrics).toContain('cellgrant_culled_total{group="all"} 1');
  });

  it.each([
    ['keep', 'PUT', 409, 'NOT_KEPT'],
    ['cull', 'POST', 409, 'STILL_USED']
  ])('refuses to %s what is in use, and what is unknown', async (what, method, status, code) => {
    const ask = (id: string) => sidecar.ask(method, `/api/v1/holders/${id}/${what}`);
    expect(await ask(kernel.id)).toMatchObject({ status, body: { code } });
    expect(await ask('nobody')).toMatchObject({ status: 404, body: { code: 'HOLDER_UNKNOWN' } });
  });

  it.each(['{}', '[{"holderId": "a"}]', '[{"holderId": "a", "idleMs": -1}]'])(
    'refuses a report of %s',
    async body => {
      const answer = await sidecar.ask('PUT', '/api/v1/culling/kernels', body);
      expect(answer).toMatchObject({ status: 400, body: { code: 'BODY_INVALID' } });
    }
  );
});
