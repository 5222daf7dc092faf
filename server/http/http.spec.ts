import { userInfo } from 'node:os';
import { gzipSync } from 'node:zlib';

import type { ErrorBody, Snapshot } from '../protocol/view';
import { EventStream } from '../testing/eventStream';
import type { TestKernel } from '../testing/gate';
import type { TestSidecar } from '../testing/sidecar';
import { Stage } from '../testing/stage';

const HALF_THE_NODE = { memory: '3 GiB' };

describe('the HTTP API of a real sidecar', () => {
  const stage = new Stage();
  let sidecar: TestSidecar;
  let kernel: TestKernel;

  beforeAll(async () => {
    sidecar = await stage.sidecar();
    kernel = await stage.connected(sidecar);
  });

  afterAll(() => stage.clear());

  /** The body of a request that is answered. */
  async function get<T>(path: string): Promise<T> {
    const { status, body } = await sidecar.ask('GET', path);
    expect(status).toBe(200);
    return body as T;
  }

  it('shows node, kernels and claims, each as the snapshot does', async () => {
    kernel.claim('shown', { cpus: 1 });
    await kernel.gate.hear('granted', 'shown');
    const whole = await get<Snapshot>('/api/v1/snapshot');
    expect(await get('/api/v1/node')).toMatchObject({ cpuList: whole.node.cpuList });
    expect(await get('/api/v1/holders')).toMatchObject([{ id: kernel.id, state: 'running' }]);
    expect(await get('/api/v1/claims')).toMatchObject([{ id: 'shown', state: 'running' }]);
    kernel.release('shown');
    await kernel.gate.settled();
    const after = await get<Snapshot>('/api/v1/snapshot');
    expect(after.revision).toBeGreaterThan(whole.revision);
  });

  it('[ENF3] reports the tier in force', async () => {
    expect(await get('/api/v1/node')).toMatchObject({ tier: { name: sidecar.tier } });
  });

  it('[API2] tells the story of a claim', async () => {
    kernel.claim('told');
    await kernel.gate.hear('granted', 'told');
    const { story } = await get<{ story: readonly { sentence: string }[] }>('/api/v1/claims/told');
    expect(story[0]!.sentence).toBe('Claimed.');
    expect(story.at(-1)!.sentence).toContain('Granted');
    kernel.release('told');
  });

  it('cancels a waiting claim, and only a waiting one', async () => {
    const other = await stage.connected(sidecar);
    kernel.claim('runs', HALF_THE_NODE);
    await kernel.gate.hear('granted', 'runs');
    other.claim('waits', HALF_THE_NODE);
    await other.gate.hear('waiting', 'waits');
    expect(await sidecar.ask('DELETE', '/api/v1/claims/waits')).toEqual({
      status: 204,
      body: null
    });
    expect(await other.gate.hear('refused', 'waits')).toMatchObject({
      code: 'CANCELLED',
      message: expect.stringContaining(
        `cancelled by ${userInfo().username} while it waited for memory`
      )
    });
    expect(await sidecar.ask('DELETE', '/api/v1/claims/runs')).toMatchObject({
      status: 409,
      body: { code: 'CLAIM_RUNNING' }
    });
    expect(await sidecar.ask('DELETE', '/api/v1/claims/waits')).toMatchObject({
      status: 404,
      body: { code: 'CLAIM_UNKNOWN' }
    });
    kernel.release('runs');
  });

  it('[ADM9] gives back what a kernel keeps between cells, and only that', async () => {
    const keeper = await stage.connected(sidecar);
    const path = `/api/v1/holders/${keeper.id}/hold`;
    expect(await sidecar.ask('DELETE', path)).toMatchObject({
      status: 409,
      body: { code: 'NOTHING_HELD', message: expect.stringContaining('it keeps no grant') }
    });
    keeper.claim('keeps', { ...HALF_THE_NODE, hold: true });
    await keeper.gate.hear('granted', 'keeps');
    expect(await sidecar.ask('DELETE', path)).toMatchObject({
      status: 409,
      body: { message: expect.stringContaining('it runs a cell') }
    });
    keeper.release('keeps');
    await keeper.gate.settled();
    const other = await stage.connected(sidecar);
    kernel.claim('runs beside'); // where nothing runs, nobody waits for memory (ADM7)
    await kernel.gate.hear('granted', 'runs beside');
    other.claim('wants', HALF_THE_NODE);
    expect(await other.gate.hear('waiting', 'wants')).toMatchObject({
      sentence: expect.stringContaining(`3 GiB held by ${keeper.id}.ipynb`)
    });
    expect(await sidecar.ask('DELETE', path)).toEqual({ status: 204, body: null });
    await other.gate.hear('granted', 'wants');
    other.release('wants');
    kernel.release('runs beside');
    const { story } = await get<{ story: readonly { sentence: string }[] }>('/api/v1/claims/keeps');
    expect(story.at(-1)!.sentence).toBe(
      `Released the kept grant at the request of ${userInfo().username}.`
    );
    expect(await sidecar.ask('DELETE', '/api/v1/holders/none/hold')).toMatchObject({ status: 404 });
  });

  it('[ADM11] [LEARN6] tells how cells would fare, each with its sources and the defaults', async () => {
    const [runs, asks] = [await stage.connected(sidecar), await stage.connected(sidecar)];
    runs.claim('most', HALF_THE_NODE);
    await runs.gate.hear('granted', 'most');
    const path = `/api/v1/holders/${asks.id}/fits`;
    const cells = [
      {},
      { metadata: HALF_THE_NODE },
      { tags: ['memory=90GiB', 'draft'] },
      { directive: '#| cpus: many' }
    ];
    expect(await sidecar.ask('POST', path, JSON.stringify(cells))).toMatchObject({
      status: 200,
      body: [
        { kind: 'now' },
        {
          kind: 'waits',
          reason: {
            kind: 'held',
            resource: 'memory',
            sentence: `for 3 GiB; 3 GiB held by ${runs.id}.ipynb`
          }
        },
        {
          kind: 'never',
          sentence: expect.stringContaining('memory = 90 GiB, but this node can grant')
        },
        { kind: 'never', sentence: expect.stringContaining('The hint "cpus" is') }
      ]
    });
    asks.gate.say({ type: 'claim', id: 'past', cellId: 'c', sources: {} });
    await asks.gate.hear('granted', 'past');
    asks.release('past');
    await asks.gate.settled();
    expect(await sidecar.ask('POST', path, '[{"cellId": "c"}, {"cellId": "d"}]')).toEqual({
      status: 200,
      body: [
        { kind: 'now', usual: expect.objectContaining({ last: expect.objectContaining({}) }) },
        { kind: 'now' }
      ]
    });
    await sidecar.ask('PUT', `/api/v1/holders/${asks.id}/defaults`, '{"memory": "3 GiB"}');
    expect(await sidecar.ask('POST', path, '[{}]')).toMatchObject({ body: [{ kind: 'waits' }] });
    runs.release('most');
    await runs.gate.settled();
    expect(await sidecar.ask('POST', path, '[{}]')).toMatchObject({ body: [{ kind: 'now' }] });
    const long = `[{"cellId": "${'c'.repeat(129)}"}]`;
    const deep = `[{"metadata": ${'['.repeat(9000)}${']'.repeat(9000)}}]`;
    for (const bad of ['{}', '[1]', '[{"cpus": 2}]', '[{"tags": "gpus=1"}]', long, deep, '']) {
      expect(await sidecar.ask('POST', path, bad)).toMatchObject({
        status: 400,
        body: { code: 'BODY_INVALID' }
      });
    }
    expect(await sidecar.ask('POST', '/api/v1/holders/none/fits', '[]')).toMatchObject({
      status: 404
    });
  });

  it('switches the policy at run time', async () => {
    expect(await get('/api/v1/policy')).toEqual({ policy: 'dynamic' });
    const { body } = await sidecar.ask('PUT', '/api/v1/policy', '{"policy":"naive"}');
    expect(body).toEqual({ policy: 'naive' });
    await sidecar.ask('PUT', '/api/v1/policy', '{"policy":"dynamic"}');
  });

  it.each([
    ['PUT', '/api/v1/defaults', 'not json', 400, 'BODY_INVALID'],
    ['PUT', '/api/v1/defaults', '', 400, 'BODY_INVALID'],
    ['PUT', '/api/v1/defaults', '[1]', 400, 'BODY_INVALID'],
    ['PUT', '/api/v1/defaults', '{"gpus":1.5}', 422, 'HINT_INVALID'],
    ['PUT', '/api/v1/defaults', `{"cpus":"${'x'.repeat(70_000)}"}`, 413, 'BODY_TOO_LARGE'],
    ['PUT', '/api/v1/holders/nobody/defaults', '{}', 404, 'HOLDER_UNKNOWN'],
    ['GET', '/api/v1/holders/nobody/defaults', undefined, 404, 'HOLDER_UNKNOWN'],
    ['PUT', '/api/v1/policy', '{"policy":"magic"}', 400, 'BODY_INVALID'],
    ['GET', '/api/v1/claims/never', undefined, 404, 'CLAIM_UNKNOWN'],
    ['DELETE', '/api/v1/claims/never', undefined, 404, 'CLAIM_UNKNOWN'],
    ['GET', '/api/v1/claims/%ff', undefined, 404, 'ROUTE_UNKNOWN'],
    ['GET', '/api/v1/claims/..%2f..%2fhealthz', undefined, 404, 'CLAIM_UNKNOWN'],
    ['POST', '/api/v1/claims', '{}', 404, 'ROUTE_UNKNOWN'],
    ['GET', '/nothing', undefined, 404, 'ROUTE_UNKNOWN'],
    ['DELETE', '/api/v1/holders', undefined, 404, 'ROUTE_UNKNOWN']
  ])('refuses %s %s with %j by %i %s', async (method, path, sent, status, code) => {
    const answer = await sidecar.ask(method, path, sent);
    expect(answer).toMatchObject({ status, body: { code } });
    const { message } = answer.body as ErrorBody;
    expect(message).not.toMatch(/\{\w+\}|unknown\)|undefined/);
    expect(await get('/healthz')).toEqual({ ok: true });
    expect(await get('/api/v1/defaults')).toEqual({});
  });

  const POLICY = '{"policy":"naive"}';
  const plain = (charset: string) => ({ 'content-type': `text/plain; charset=${charset}` });

  it.each<[string, string | Buffer, Record<string, string>]>([
    ['UTF-7', POLICY, plain('utf-7')],
    ['UTF-16', Buffer.from(POLICY, 'utf16le'), plain('utf-16le')],
    ['UTF-32', POLICY, plain('UTF-32')],
    ['Latin 1', POLICY, plain('"iso-8859-1"')],
    ['an unknown charset', POLICY, plain('x'.repeat(4000))],
    ['bytes that are no UTF-8', Buffer.from([0x22, 0xff, 0x22]), plain('utf-8')],
    ['a compressed body', gzipSync(POLICY), { 'content-encoding': 'gzip' }],
    ['an unknown encoding', POLICY, { 'content-encoding': 'utf-7' }],
    ['a key that is no name', '{"__proto__":{"cpus":1}}', {}],
    ['what is nested too deeply', '['.repeat(3e4) + ']'.repeat(3e4), {}],
    ['such a key deeper in', '{"policy":"naive","x":[{"__proto__":1}]}', {}]
  ])('refuses %s, and goes on', async (_, body, headers) => {
    await sidecar.ask('PUT', '/api/v1/defaults', '{"cpus":1}');
    for (const path of ['/api/v1/policy', '/api/v1/defaults']) {
      expect(await sidecar.ask('PUT', path, body, headers)).toMatchObject({
        status: 400,
        body: { code: 'BODY_INVALID' }
      });
    }
    expect(await get('/api/v1/policy')).toEqual({ policy: 'dynamic' });
    expect(await get('/api/v1/defaults')).toEqual({ cpus: 1 });
    expect(await sidecar.ask('PUT', '/api/v1/defaults', '{}', plain('UTF8'))).toMatchObject({
      status: 200
    });
  });

  it('[UI2] pushes whole snapshots, the present one first, then each change', async () => {
    const stream = await EventStream.open(sidecar);
    const first = await stream.next();
    expect(Object.keys(first)).toEqual(Object.keys(await get<Snapshot>('/api/v1/snapshot')));
    expect(first.claims.some(it => it.id === 'pushed')).toBe(false);
    kernel.claim('pushed', { cpus: 1 });
    const seen = await stream.until(it =>
      it.claims.some(claim => claim.id === 'pushed' && claim.state === 'running')
    );
    expect(seen.revision).toBeGreaterThan(first.revision);
    kernel.release('pushed');
    await stream.until(it => it.claims.some(at => at.id === 'pushed' && at.state === 'done'));
    stream.close();
  });

  it('coalesces many changes into few snapshots', async () => {
    const stream = await EventStream.open(sidecar);
    const first = await stream.next();
    for (let n = 0; n < 300; n += 1) {
      kernel.claim(`burst${n}`);
      kernel.release(`burst${n}`);
    }
    const last = await stream.until(it => it.claims.some(claim => claim.id === 'burst299'));
    // Six hundred changes: sent one by one they would be as many snapshots.
    expect(last.revision - first.revision).toBeGreaterThanOrEqual(600);
    expect(stream.count).toBeLessThan(60);
    stream.close();
  });
});
