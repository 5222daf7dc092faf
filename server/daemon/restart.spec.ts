import type { GateGrant } from '../protocol/gate';
import type { Snapshot } from '../protocol/view';
import { TestConnection, type TestKernel } from '../testing/gate';
import type { TestSidecar } from '../testing/sidecar';
import { Stage } from '../testing/stage';

const HALF_THE_NODE = { memory: '3 GiB' };

async function snapshotOf(sidecar: TestSidecar): Promise<Snapshot> {
  return (await sidecar.ask('GET', '/api/v1/snapshot')).body as Snapshot;
}

describe('a sidecar that is killed and started again', () => {
  let stage: Stage;
  let sidecar: TestSidecar;

  beforeEach(async () => {
    stage = new Stage();
    sidecar = await stage.sidecar();
  });

  afterEach(() => stage.clear());

  /** A running claim, as its gate would tell it after a restart. */
  async function running(kernel: TestKernel, id: string, hints: object) {
    const claim = kernel.claim(id, hints);
    const { grant } = await kernel.gate.hear('granted', id);
    return { ...claim, granted: grant as GateGrant, agoMs: 1000, waitedMs: 4000 };
  }

  async function restarted(): Promise<TestSidecar> {
    await sidecar.kill();
    return stage.sidecarIn(sidecar.dir, '--memory', '4 GiB');
  }

  it('[ENF4] knows every living kernel and its grant again, and grants nothing twice', async () => {
    const [holding, waiting] = [await stage.connected(sidecar), await stage.connected(sidecar)];
    const held = await running(holding, 'held', { ...HALF_THE_NODE, cpus: 1 });
    const mask = holding.mask();
    const waiter = waiting.claim('waiter', HALF_THE_NODE);
    await waiting.gate.hear('waiting', 'waiter');
    const next = await restarted();
    expect(next.places()).toHaveLength(sidecar.places().length);

    // The one who waits is back first: it must not get what the other one holds.
    await waiting.connect(next, [{ ...waiter, granted: null, agoMs: 9000 }], 3000);
    expect((await waiting.gate.hear('waiting', 'waiter')).sentence).toContain('restarted sidecar');
    await holding.connect(next, [held]);
    const said = await waiting.gate.hear('waiting', 'waiter');
    expect(said.sentence).toContain(`${holding.id}.ipynb`);
    expect(holding.mask()).toBe(mask);

    const { holders, claims } = await snapshotOf(next);
    expect(holders.map(it => [it.id, it.state]).sort()).toEqual([
      [holding.id, 'running'],
      [waiting.id, 'waiting']
    ]);
    const [story, other] = claims;
    expect(other).toMatchObject({ id: 'held', state: 'running' });
    expect(other!.state === 'running' && other!.grantedMs - other!.arrivedMs).toBeCloseTo(4000);
    // What was said a while before it was read counts from then on.
    expect(Date.now() - story!.arrivedMs).toBeGreaterThanOrEqual(12_000);

    holding.release('held');
    await waiting.gate.hear('granted', 'waiter');
    expect(holding.gate.has('problem')).toBe(false);
  });

  it('[ADM9] [ENF4] a kernel keeps what it kept, until somebody asks for it', async () => {
    const [keeper, ended] = [await stage.connected(sidecar), await stage.connected(sidecar)];
    for (const kernel of [keeper, ended]) {
      await running(kernel, `of ${kernel.id}`, { memory: '1 GiB', hold: true, cpus: 1 });
      kernel.release(`of ${kernel.id}`);
      await kernel.gate.settled();
    }
    const granted = async (it: TestSidecar) =>
      (await snapshotOf(it)).holders.map(({ id, state, grant }) => [id, state, grant?.memoryBytes]);
    expect(await granted(sidecar)).toHaveLength(2);
    const launcher = await TestConnection.open(sidecar);
    launcher.say({ type: 'register', ...ended.process });
    await launcher.hear('registered'); // what is known is on the disk
    const mask = keeper.mask();
    await sidecar.kill();
    await ended.kill();
    const next = await stage.sidecarIn(sidecar.dir, '--memory', '4 GiB');
    const kept = [[keeper.id, 'idle', 2 ** 30]];
    expect(await granted(next)).toEqual(kept);
    await keeper.connect(next, []);
    await keeper.gate.settled();
    expect(await granted(next)).toEqual(kept);
    expect(keeper.mask()).toBe(mask);
    // A cell of the same kernel takes it over; then it is nobody's, also over the next restart.
    keeper.claim('next', { memory: '1 GiB', cpus: 1 });
    await keeper.gate.hear('granted', 'next');
    await next.ask('GET', '/api/v1/snapshot');
    const { body } = await next.ask('GET', '/api/v1/claims/next');
    expect(JSON.stringify(body)).toContain('Takes over the grant that an earlier cell kept');
  });

  it('[ENF4] undoes the place of a kernel that ended meanwhile', async () => {
    const [one, other] = [await stage.connected(sidecar), await stage.connected(sidecar)];
    await running(one, 'held', HALF_THE_NODE);
    await sidecar.kill();
    await one.kill();
    const next = await stage.sidecarIn(sidecar.dir, '--memory', '4 GiB');
    await other.connect(next);
    other.claim('next', HALF_THE_NODE);
    await other.gate.hear('granted', 'next');
    expect((await snapshotOf(next)).holders.map(it => it.id)).toEqual([other.id]);
  });

  it('[ENF4] lets a kernel go whose cell ended meanwhile', async () => {
    const kernel = await stage.connected(sidecar);
    const before = kernel.mask();
    await running(kernel, 'ended', { ...HALF_THE_NODE, cpus: 1 });
    const next = await restarted();
    await kernel.connect(next, []);
    await kernel.gate.settled();
    expect(kernel.mask()).toBe(before);
    expect((await snapshotOf(next)).holders[0]).toMatchObject({
      state: 'idle',
      memoryLimitBytes: null
    });
    kernel.claim('next', HALF_THE_NODE);
    await kernel.gate.hear('granted', 'next');
  });

  it('[ENF4] confines a kernel without a gate again, though nobody speaks for it', async () => {
    const launcher = await TestConnection.open(sidecar);
    const kernel = stage.kernel();
    launcher.say({ type: 'register', ...kernel.process });
    await launcher.hear('registered');
    const next = await restarted();
    expect((await snapshotOf(next)).holders).toEqual([
      expect.objectContaining({ id: kernel.id, pid: kernel.pid, gated: false })
    ]);
  });

  it('[GATE5] lets cells that ask for nothing run at once after a restart', async () => {
    const [silent, quick] = [await stage.connected(sidecar), await stage.connected(sidecar)];
    await running(silent, 'held', HALF_THE_NODE);
    const next = await restarted();
    await quick.connect(next);
    quick.claim('small');
    quick.claim('big', HALF_THE_NODE);
    await quick.gate.hear('granted', 'small');
    expect(quick.gate.has('granted', 'big')).toBe(false);
    // The other gate stays silent: after the grace its claim counts no more.
    await quick.gate.hear('granted', 'big');
  });

  it('[GATE2] [ENF4] forgets what is given up while it waits for the others', async () => {
    const connected = () => stage.connected(sidecar);
    const [silent, hasty, last] = [await connected(), await connected(), await connected()];
    await running(silent, 'held', HALF_THE_NODE);
    const next = await restarted();
    await hasty.connect(next);
    hasty.claim('given-up', HALF_THE_NODE);
    await hasty.gate.hear('waiting', 'given-up');
    hasty.gate.say({ type: 'cancel', id: 'given-up' });
    await hasty.gate.settled();
    await silent.connect(next);
    await last.connect(next);
    last.claim('next', HALF_THE_NODE);
    await last.gate.hear('granted', 'next');
    expect((await snapshotOf(next)).claims.map(it => it.id)).toEqual(['next']);
  });

  it('keeps the defaults of the user and of notebooks', async () => {
    const kernel = await stage.connected(sidecar);
    await sidecar.ask('PUT', '/api/v1/defaults', '{"cpus":1}');
    await sidecar.ask('PUT', `/api/v1/holders/${kernel.id}/defaults`, '{"priority":3}');
    const next = await restarted();
    expect((await next.ask('GET', '/api/v1/defaults')).body).toEqual({ cpus: 1 });
    await kernel.connect(next);
    kernel.claim('by-default');
    await kernel.gate.hear('granted', 'by-default');
    const { claims } = await snapshotOf(next);
    expect(claims[0]!.ask).toMatchObject({ cpus: { kind: 'fixed', n: 1 }, priority: 3 });
  });
});
