import { existsSync, readFileSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';

import type { GateHolding } from '../protocol/gate';
import { TestConnection, type TestKernel } from '../testing/gate';
import { startTicksOf, type TestSidecar } from '../testing/sidecar';
import { Stage } from '../testing/stage';

const TOKEN = 'a-token-of-a-kernel';

describe('who speaks for a kernel', () => {
  let stage: Stage;
  let sidecar: TestSidecar;

  beforeEach(async () => {
    stage = new Stage();
    sidecar = await stage.sidecar();
  });

  afterEach(() => stage.clear());

  /** A conversation that begins with this. */
  async function say(message: object): Promise<TestConnection> {
    const connection = await TestConnection.open(sidecar);
    connection.write(`${JSON.stringify(message)}\n`);
    return connection;
  }

  const helloOf = (kernel: TestKernel, more: object = {}) => ({
    type: 'hello',
    protocol: 1,
    ...kernel.process,
    holdings: [],
    ...more
  });

  /** A kernel whose launcher and gate have told a token, and whose cell runs. */
  async function known(token: string | null = TOKEN): Promise<TestKernel> {
    const kernel = stage.kernel();
    const launcher = await say({ type: 'register', ...kernel.process, token });
    await launcher.hear('registered');
    kernel.gate = await say(helloOf(kernel, { token }));
    await kernel.gate.hear('welcome');
    kernel.claim(`cell-${kernel.id}`, { memory: '1 GiB' });
    await kernel.gate.hear('granted', `cell-${kernel.id}`);
    return kernel;
  }

  const placeOf = (kernel: TestKernel) => readFileSync(`/proc/${kernel.pid}/cgroup`, 'utf8');

  async function stateOf(kernel: TestKernel): Promise<unknown> {
    const { body } = await sidecar.ask('GET', `/api/v1/claims/cell-${kernel.id}`);
    return (body as { state?: string }).state;
  }

  it.each([
    ['no token', {}],
    ['another token', { token: `${TOKEN}-not` }],
    ['a token that is none', { token: null }]
  ])('[SEC6] is not who tells %s: its cell runs on in its place', async (_, more) => {
    const kernel = await known();
    const place = placeOf(kernel);
    const stranger = stage.kernel();
    const its = { ...stranger.process, holderId: kernel.id };
    for (const message of [
      { ...helloOf(stranger), ...its },
      { type: 'register', ...its },
      { type: 'register', ...kernel.process, name: 'renamed' },
      { type: 'prepare', holderId: kernel.id },
      { type: 'ended', holderId: kernel.id },
      helloOf(kernel)
    ]) {
      const connection = await say({ ...message, ...more });
      const problem = await connection.hear('problem');
      expect(problem).toMatchObject({ code: 'NOT_THIS_HOLDER', details: { id: kernel.id } });
      expect(problem.message).not.toContain(TOKEN);
      connection.close();
    }
    expect(await stateOf(kernel)).toBe('running');
    expect(placeOf(kernel)).toBe(place);
    kernel.release(`cell-${kernel.id}`);
    await kernel.gate.settled();
    expect(await stateOf(kernel)).toBe('done');
  });

  it('[SEC6] is who tells its token, also for the next process of the same kernel', async () => {
    const kernel = await known();
    (await say({ type: 'prepare', holderId: kernel.id, token: TOKEN })).close();
    const next = stage.kernel();
    const restarted = { ...next.process, holderId: kernel.id, token: TOKEN };
    await (await say({ type: 'register', ...restarted })).hear('registered');
    expect(await stateOf(kernel)).toBe('done');
    const { body } = await sidecar.ask('GET', '/api/v1/holders');
    expect(body).toContainEqual(expect.objectContaining({ id: kernel.id, pid: next.pid }));
  });

  it('[SEC6] is anybody once it has ended', async () => {
    const kernel = await known();
    await kernel.kill();
    const next = stage.kernel();
    const hello = { ...helloOf(next), holderId: kernel.id, token: 'another' };
    await (await say(hello)).hear('welcome');
  });

  it('[SEC6] is who always was where its first speaker knew of no token', async () => {
    const kernel = await known(null);
    const again = await say(helloOf(kernel, { token: TOKEN }));
    await again.hear('welcome');
    kernel.gate = await say(helloOf(kernel));
    await kernel.gate.hear('welcome');
  });

  it('[SEC6] is known to the next sidecar, and told nowhere', async () => {
    const kernel = await known();
    const { dir, log } = sidecar;
    const file = join(dir, 'kernels.json');
    while (!existsSync(file) || !readFileSync(file, 'utf8').includes(kernel.id)) {
      await new Promise(resolve => setImmediate(resolve));
    }
    expect(statSync(file).mode & 0o777).toBe(0o600);
    const shown = ['/api/v1/snapshot', `/api/v1/claims/cell-${kernel.id}`, '/healthz'];
    const bodies = await Promise.all(shown.map(path => sidecar.ask('GET', path)));
    for (const text of [readFileSync(file, 'utf8'), log, JSON.stringify(bodies)]) {
      expect(text).not.toContain(TOKEN);
    }
    expect(JSON.stringify(bodies)).not.toContain('oken');
    await sidecar.kill();
    sidecar = await stage.sidecarIn(dir, '--memory', '4 GiB');
    const stranger = stage.kernel();
    const forged = await say({ ...helloOf(stranger), holderId: kernel.id });
    expect(await forged.hear('problem')).toMatchObject({ code: 'NOT_THIS_HOLDER' });
    await (await say(helloOf(kernel, { token: TOKEN }))).hear('welcome');
  });

  describe('and what is no kernel', () => {
    async function whyNot(pid: number, startTicks = startTicksOf(pid)): Promise<unknown> {
      const kernel = stage.kernel();
      const connection = await say(helloOf(kernel, { pid, startTicks }));
      const { code, details } = await connection.hear('problem');
      expect(code).toBe('FOREIGN_PROCESS');
      return details['why'];
    }

    it('[SEC7] the sidecar is none, nor is what started it', async () => {
      const why = 'it is the sidecar, or what started it';
      expect(await whyNot(sidecar.pid)).toBe(why);
      expect(await whyNot(process.pid)).toBe(why);
      expect(await whyNot(1)).toBe(why);
      const places = readFileSync(`/proc/${sidecar.pid}/cgroup`, 'utf8');
      expect(places).not.toContain('kernel-');
    });

    it('[SEC7] a thread is none', async () => {
      const child = stage.process(process.execPath, '-e', 'setInterval(() => {}, 1e6)');
      let threads: number[] = [];
      while (threads.length < 2) {
        threads = readdirSync(`/proc/${child.pid}/task`).map(Number);
      }
      const thread = threads.find(it => it !== child.pid)!;
      expect(await whyNot(thread)).toContain('it is a thread, not a process');
    });

    it('[SEC7] a process is one kernel, and what it started another', async () => {
      const kernel = await known();
      expect(await whyNot(kernel.pid)).toBe(`it is the kernel ${kernel.id}`);
      expect(await stateOf(kernel)).toBe('running');
    });
  });

  describe('and what it tells', () => {
    const MEMORY = 4096 * 2 ** 40;

    function holding(id: string, more: object): GateHolding {
      const granted = {
        cpus: null,
        threads: null,
        memoryBytes: null,
        gpus: [],
        affinity: null,
        cpuset: null,
        env: {}
      };
      return { id, sources: {}, agoMs: 0, granted: { ...granted, ...more } };
    }

    it('[SEC7] stops nobody: no grant is larger than the node', async () => {
      const kernel = stage.kernel();
      const holdings = [
        holding('huge', {
          memoryBytes: MEMORY,
          threads: 1e9,
          cpus: '0-99999',
          gpus: ['GPU-nowhere']
        }),
        { ...holding('old', {}), agoMs: 1e300, waitedMs: 1e300 },
        { ...holding('waits', {}), granted: null, agoMs: 1e300 }
      ];
      await (await say(helloOf(kernel, { holdings }))).hear('welcome');
      const claimOf = async (id: string) =>
        (await sidecar.ask('GET', `/api/v1/claims/${id}`)).body as Record<string, never>;
      const { node } = (await sidecar.ask('GET', '/api/v1/snapshot')).body as {
        node: { memoryBytes: number; cpuList: string; cpus: number };
      };
      const { grant } = await claimOf('huge');
      expect(grant).toMatchObject({
        memoryBytes: node.memoryBytes,
        cpus: node.cpuList,
        threads: node.cpus,
        gpus: []
      });
      expect(sidecar.log).toContain('a grant of huge beyond this node, which was reduced');
      for (const id of ['old', 'waits']) {
        const { arrivedMs } = await claimOf(id);
        expect(Date.now() - Number(arrivedMs)).toBeLessThan(10 * 365 * 86_400_000);
      }
      expect(Number((await claimOf('old'))['grantedMs'])).toBeLessThan(Date.now());
    });

    it('[SEC7] gives nobody what waits here', async () => {
      const [first, second] = [await stage.connected(sidecar), await stage.connected(sidecar)];
      first.claim('has', { memory: '3 GiB' });
      await first.gate.hear('granted', 'has');
      second.claim('wants', { memory: '3 GiB' });
      await second.gate.hear('waiting', 'wants');
      await second.connect(sidecar, [holding('wants', { memoryBytes: 3 * 2 ** 30 })]);
      const { body } = await sidecar.ask('GET', '/api/v1/claims/wants');
      expect(body).toMatchObject({ state: 'running', grant: { memoryBytes: null } });
    });
  });
});
