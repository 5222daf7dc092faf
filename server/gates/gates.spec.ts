import type { GateClaim } from '../protocol/gate';
import { UNPINNED } from '../protocol/grant';
import { TestConnection, TestKernel, childOf, maskOf } from '../testing/gate';
import { removePlace } from '../testing/places';
import { type TestSidecar, startTicksOf } from '../testing/sidecar';
import { Stage } from '../testing/stage';

const HALF_THE_NODE = { memory: '3 GiB' };
const OPEN = { cpus: null, threads: null, memoryBytes: null, gpus: [], ...UNPINNED, env: {} };

describe('gates on a real sidecar', () => {
  const stage = new Stage();
  let sidecar: TestSidecar;

  beforeAll(async () => {
    sidecar = await stage.sidecar();
  });

  afterAll(() => stage.clear());

  it('[ENF1] confines a kernel before it answers that it is registered', async () => {
    const launcher = await TestConnection.open(sidecar);
    launcher.say({ type: 'prepare', holderId: 'k' });
    expect((await launcher.hear('launch')).env).toMatchObject({ OMP_WAIT_POLICY: 'PASSIVE' });
    const kernel = stage.kernel();
    launcher.say({ type: 'register', ...kernel.process });
    expect((await launcher.hear('registered')).tier).toBe(sidecar.tier);
    const { body } = await sidecar.ask('GET', '/api/v1/holders');
    expect(body).toContainEqual(expect.objectContaining({ id: kernel.id, state: 'idle' }));
  });

  it('grants at once what asks for nothing, and leaves the process as it is', async () => {
    const kernel = await stage.connected(sidecar);
    const before = kernel.mask();
    kernel.claim('untagged');
    expect((await kernel.gate.hear('granted', 'untagged')).grant).toEqual(OPEN);
    expect(kernel.mask()).toBe(before);
    kernel.release('untagged');
  });

  it('[GATE6] takes claims that started at once, and asks again when others want', async () => {
    const [first, second] = [await stage.connected(sidecar), await stage.connected(sidecar)];
    first.claim('asked');
    expect((await first.gate.hear('standing')).isGiven).toBe(true);
    first.release('asked');
    // Whatever it says: one that started has what everybody may have, and no more.
    const sources = { metadata: HALF_THE_NODE };
    first.gate.say({ type: 'claim', id: 'started', started: true, sources });
    await first.gate.settled();
    expect(first.gate.has('granted', 'started')).toBe(false);
    const { body } = await sidecar.ask('GET', '/api/v1/claims/started');
    expect(body).toMatchObject({ state: 'running', ask: { memoryBytes: null } });
    second.claim('other', { cpus: 1 });
    expect((await first.gate.hear('standing')).isGiven).toBe(false);
    second.release('other');
    first.release('started');
    first.claim('again');
    await first.gate.hear('granted', 'again');
    expect((await first.gate.hear('standing')).isGiven).toBe(true);
    await sidecar.ask('PUT', '/api/v1/defaults', '{"priority": 1}');
    expect((await first.gate.hear('standing')).isGiven).toBe(false);
    await sidecar.ask('PUT', '/api/v1/defaults', '{}');
    first.release('again');
    await first.gate.settled();
  });

  it('[GATE6] a gate that comes back is told again that its cells may start, if they still may', async () => {
    const [kernel, other] = [await stage.connected(sidecar), await stage.connected(sidecar)];
    kernel.claim('alone');
    expect((await kernel.gate.hear('standing')).isGiven).toBe(true);
    kernel.release('alone');
    kernel.gate.close();
    await kernel.connect(sidecar);
    expect((await kernel.gate.hear('standing')).isGiven).toBe(true);
    kernel.gate.close();
    other.claim('wants', { cpus: 1 });
    await other.gate.hear('granted', 'wants');
    await kernel.connect(sidecar);
    await kernel.gate.settled();
    expect(kernel.gate.has('standing')).toBe(false);
    other.release('wants');
    await other.gate.settled();
  });

  it('[CPU2] pins for as long as the cell runs, in force before the gate hears of it', async () => {
    const kernel = await stage.connected(sidecar);
    const before = kernel.mask();
    kernel.claim('pinned', { cpus: 1 });
    const { grant } = await kernel.gate.hear('granted', 'pinned');
    expect(grant).toMatchObject({ threads: 1, env: { PYTHON_CPU_COUNT: '1' } });
    expect(sidecar.tier === 'affinity' ? grant.affinity : kernel.mask()).toBe(grant.cpus);
    kernel.release('pinned');
    await kernel.gate.settled();
    expect(kernel.mask()).toBe(before);
  });

  it('[ENF1] confines a kernel again whose place somebody removed', async () => {
    const kernel = await stage.connected(sidecar);
    const before = kernel.mask();
    expect(removePlace(sidecar, kernel)).toBe(sidecar.tier.startsWith('cgroup'));
    kernel.claim('replaced', { cpus: 1 });
    const { grant } = await kernel.gate.hear('granted', 'replaced');
    expect(sidecar.tier === 'affinity' ? grant.affinity : kernel.mask()).toBe(grant.cpus);
    kernel.release('replaced');
    await kernel.gate.settled();
    expect(kernel.mask()).toBe(before);
  });

  it('[ADM5] keeps a claim waiting with signs of life, and grants it when there is room', async () => {
    const [first, second] = [await stage.connected(sidecar), await stage.connected(sidecar)];
    first.claim('a', HALF_THE_NODE);
    await first.gate.hear('granted', 'a');
    second.claim('b', HALF_THE_NODE);
    // Nothing happens to the queue meanwhile, so what is heard again are signs of life.
    for (let n = 0; n < 4; n += 1) {
      const { sentence, position } = await second.gate.hear('waiting', 'b');
      expect(sentence).toContain(`${first.id}.ipynb`);
      expect(position).toBe(1);
    }
    first.release('a');
    expect((await second.gate.hear('granted', 'b')).grant.memoryBytes).toBe(3 * 1024 ** 3);
    second.release('b');
  });

  it('forgets a claim that its gate gives up, and answers nothing', async () => {
    const [first, second] = [await stage.connected(sidecar), await stage.connected(sidecar)];
    first.claim('a2', HALF_THE_NODE);
    await first.gate.hear('granted', 'a2');
    second.claim('b2', HALF_THE_NODE);
    await second.gate.hear('waiting', 'b2');
    second.gate.say({ type: 'cancel', id: 'b2' });
    first.release('a2');
    await second.gate.settled();
    expect(second.gate.has('granted')).toBe(false);
    expect(second.gate.has('refused')).toBe(false);
  });

  it('[GATE2] keeps the grant of a gate that comes back, and tells it what it missed', async () => {
    const [first, second] = [await stage.connected(sidecar), await stage.connected(sidecar)];
    const a = first.claim('a3', HALF_THE_NODE);
    const { grant } = await first.gate.hear('granted', 'a3');
    const b = second.claim('b3', HALF_THE_NODE);
    await second.gate.hear('waiting', 'b3');
    first.gate.close();
    await first.connect(sidecar, [{ ...a, granted: grant, agoMs: 5 }]);
    await second.gate.settled();
    expect(second.gate.has('granted')).toBe(false);
    second.gate.close();
    first.release('a3');
    await first.gate.settled();
    await second.connect(sidecar, [{ ...b, granted: null, agoMs: 5 }]);
    await second.gate.hear('granted', 'b3');
    second.release('b3');
  });

  it('[GATE2] takes the grant of a gate that does not come back, once', async () => {
    const [first, second] = [await stage.connected(sidecar), await stage.connected(sidecar)];
    first.claim('a4', HALF_THE_NODE);
    await first.gate.hear('granted', 'a4');
    second.claim('b4', HALF_THE_NODE);
    first.gate.close();
    await second.gate.hear('granted', 'b4');
    const { body } = await sidecar.ask('GET', '/api/v1/claims/a4');
    expect(body).toMatchObject({ state: 'done', outcome: 'interrupted' });
    second.release('b4');
  });

  it('[GATE2] gives what a killed kernel held to the next in the queue', async () => {
    const [first, second] = [await stage.connected(sidecar), await stage.connected(sidecar)];
    first.claim('a5', HALF_THE_NODE);
    await first.gate.hear('granted', 'a5');
    second.claim('b5', HALF_THE_NODE);
    await second.gate.hear('waiting', 'b5');
    // Its socket stays open, as where a child of the kernel has inherited it.
    await first.kill();
    await second.gate.hear('granted', 'b5');
    await first.gate.closed();
    second.release('b5');
  });

  it('[GATE2] takes another process under the same id for a restart', async () => {
    const kernel = await stage.connected(sidecar);
    kernel.claim('a6', HALF_THE_NODE);
    await kernel.gate.hear('granted', 'a6');
    const again = new TestKernel(stage.process(), kernel.id);
    await again.connect(sidecar);
    again.claim('b6', HALF_THE_NODE);
    await again.gate.hear('granted', 'b6');
    await kernel.gate.closed();
    const { body } = await sidecar.ask('GET', '/api/v1/claims/a6');
    expect(body).toMatchObject({ state: 'done', outcome: 'died' });
    again.release('b6');
  });

  it('takes a wrapper script that stays and the kernel below it for one holder', async () => {
    const wrapper = stage.kernelOf(stage.process('sh', '-c', 'sleep 600 & wait'));
    const launcher = await TestConnection.open(sidecar);
    launcher.say({ type: 'register', ...wrapper.process });
    await launcher.hear('registered');
    const pid = await childOf(wrapper.pid);
    wrapper.gate = await TestConnection.open(sidecar);
    const child = { ...wrapper.process, pid, startTicks: startTicksOf(pid) };
    wrapper.gate.say({ type: 'hello', protocol: 1, ...child, holdings: [] });
    await wrapper.gate.hear('welcome');
    wrapper.claim('wrapped', { cpus: 1 });
    const { grant } = await wrapper.gate.hear('granted', 'wrapped');
    if (sidecar.tier.startsWith('cgroup')) {
      expect(maskOf(pid)).toBe(grant.cpus);
    }
    const { body } = await sidecar.ask('GET', '/api/v1/holders');
    const known = (body as readonly { id: string; pid: number }[]).filter(
      it => it.id === wrapper.id
    );
    expect(known.map(it => it.pid)).toEqual([wrapper.pid]);
    process.kill(pid);
  });

  it('renews the name of a kernel whose notebook was renamed, and keeps its grant', async () => {
    const kernel = await stage.connected(sidecar);
    kernel.claim('renamed', HALF_THE_NODE);
    await kernel.gate.hear('granted', 'renamed');
    const facts = { ...kernel.process, name: 'better.ipynb', notebook: 'lab/better.ipynb' };
    kernel.gate.say({ type: 'register', ...facts });
    await kernel.gate.hear('registered');
    const { body } = await sidecar.ask('GET', '/api/v1/claims/renamed');
    expect(body).toMatchObject({ state: 'running', holderName: 'better.ipynb' });
    kernel.release('renamed');
  });

  it('[GATE2] ends no kernel because it has no file descriptor left to look at it', async () => {
    // With one CPU there is no look at the scheduler, whose end would set descriptors free.
    const narrow = await stage.sidecar('--cpus', '0');
    const kernel = await stage.connected(narrow);
    narrow.limitDescriptors(3);
    // It looks whether that is so.
    kernel.gate.say({ type: 'ended', holderId: kernel.id });
    await kernel.gate.settled();
    kernel.claim('still here');
    await kernel.gate.hear('granted', 'still here');
    // Nor does it take one for gone that says hello again.
    kernel.gate.say({ type: 'hello', protocol: 1, ...kernel.process, holdings: [] });
    expect((await kernel.gate.hear('problem')).message).toContain('cannot be inspected now');
    narrow.limitDescriptors(1024);
    const { body } = await narrow.ask('GET', '/api/v1/claims/still%20here');
    expect(body).toMatchObject({ state: 'running' });
  });

  it('[GATE4] counts concurrent claims of one kernel, up to a bound', async () => {
    const kernel = await stage.connected(sidecar);
    for (let n = 0; n < 64; n += 1) {
      kernel.claim(`sub${n}`);
      await kernel.gate.hear('granted', `sub${n}`);
    }
    kernel.claim('sub64');
    expect(await kernel.gate.hear('refused', 'sub64')).toMatchObject({ code: 'TOO_MANY' });
    kernel.release('sub0');
    kernel.claim('sub65');
    await kernel.gate.hear('granted', 'sub65');
  });

  it('[ADM2] merges cell, tags, directive, notebook and user, in this order', async () => {
    const kernel = await stage.connected(sidecar);
    const put = async (path: string, hints: object) =>
      expect((await sidecar.ask('PUT', path, JSON.stringify(hints))).status).toBe(200);
    await put('/api/v1/defaults', { priority: 1, time: '1 s', gpuMemory: '1 MiB', cpus: 1 });
    await put(`/api/v1/holders/${kernel.id}/defaults`, {
      priority: 2,
      time: '2 s',
      maxWait: '2 s'
    });
    const sources: GateClaim['sources'] = {
      metadata: { priority: 5 },
      tags: ['priority=4', 'memory=4 MiB'],
      directive: '#| priority: 3, memory: 3 MiB, maxWait: 3 s'
    };
    kernel.gate.say({ type: 'claim', id: 'merged', sources });
    await kernel.gate.hear('granted', 'merged');
    const { body } = await sidecar.ask('GET', '/api/v1/claims/merged');
    expect(body).toMatchObject({
      ask: {
        priority: 5,
        memoryBytes: 4 * 1024 ** 2,
        maxWaitMs: 3000,
        timeMs: 2000,
        gpuMemoryBytes: 1024 ** 2,
        cpus: { kind: 'fixed', n: 1 }
      }
    });
    kernel.release('merged');
    await put('/api/v1/defaults', {});
  });
});
