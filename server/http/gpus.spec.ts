import type { HolderView, NodeView, Snapshot } from '../protocol/view';
import { EventStream } from '../testing/eventStream';
import type { TestKernel } from '../testing/gate';
import type { TestSidecar } from '../testing/sidecar';
import { Stage } from '../testing/stage';
import { GPU_UUID, StandInGpu } from '../testing/standInGpu';

const GIB_IN_MIB = 1024;
/** More than is left of the GPU while another kernel keeps 100 GiB of its 140. */
const MOST = { gpus: 1, gpuMemory: '60 GiB' };

describe('GPU memory that an idle kernel keeps, on a real sidecar and a stand-in for nvidia-smi', () => {
  const gpu = new StandInGpu();
  const stage = new Stage();
  let sidecar: TestSidecar;
  let keeper: TestKernel;
  let other: TestKernel;
  let stream: EventStream;

  beforeAll(async () => {
    sidecar = await stage.sidecar();
    keeper = await stage.connected(sidecar);
    other = await stage.connected(sidecar);
    stream = await EventStream.open(sidecar);
  });

  afterAll(async () => {
    stream.close();
    await stage.clear();
    gpu.remove();
  });

  /** The view of a kernel in the newest snapshot that fulfils a condition. */
  async function kernelWhere(id: string, is: (kernel: HolderView) => boolean) {
    const found = (it: Snapshot) => it.holders.find(kernel => kernel.id === id);
    return found(
      await stream.until(it => {
        const kernel = found(it);
        return kernel !== undefined && is(kernel);
      })
    )!;
  }

  /** Keep so much, and wait until that was measured. */
  async function keep(gibibytes: number): Promise<void> {
    gpu.hold(keeper.child.pid!, gibibytes * GIB_IN_MIB);
    await stream.until(it =>
      gibibytes > 0
        ? it.node.gpus[0]!.processes.some(held => held.holderId === keeper.id)
        : it.node.gpus[0]!.processes.length === 0
    );
  }

  it('[GPU4] is shown with its kernel; a stranger is shown with its owner', async () => {
    const stranger = stage.process();
    gpu.hold(stranger.pid!, 700);
    await keep(100);
    const { node } = await stream.until(it => it.node.gpus[0]!.processes.length === 2);
    expect((node as NodeView).gpus[0]).toMatchObject({
      uuid: GPU_UUID,
      memoryUsedBytes: (100 * GIB_IN_MIB + 700) * 1024 ** 2,
      powerW: 75.41,
      processes: expect.arrayContaining([
        expect.objectContaining({ holderId: keeper.id, leased: false }),
        expect.objectContaining({ holderId: null, pid: stranger.pid, owner: expect.any(String) })
      ])
    });
    gpu.hold(stranger.pid!, 0);
  });

  it('[GPU5] is asked for by itself when a claim waits for it, and by a person', async () => {
    await keep(100);
    other.claim('waits', MOST);
    expect(await other.gate.hear('waiting', 'waits')).toMatchObject({
      sentence: expect.stringContaining('100 GiB of GPU 0 held by')
    });
    expect(await keeper.gate.hear('free')).toEqual({ type: 'free', gpus: [GPU_UUID] });
    await kernelWhere(keeper.id, it => it.askedToFreeMs !== null);
    const path = `/api/v1/holders/${keeper.id}/free`;
    expect(await sidecar.ask('POST', path)).toEqual({ status: 204, body: null });
    await keeper.gate.hear('free');
  });

  it('[GPU5] can be asked for by a restart, which its owner may decline', async () => {
    const path = `/api/v1/holders/${keeper.id}/restart-request`;
    expect(await sidecar.ask('PUT', path, '{"claim":"waits"}')).toMatchObject({ status: 204 });
    const asked = await kernelWhere(keeper.id, it => it.restartRequest !== null);
    expect(asked.restartRequest).toMatchObject({ claimId: 'waits', declined: false });
    expect(await sidecar.ask('DELETE', path)).toMatchObject({ status: 204 });
    await kernelWhere(keeper.id, it => it.restartRequest?.declined === true);
    await keep(0);
    await other.gate.hear('granted', 'waits');
    other.release('waits');
    await kernelWhere(keeper.id, it => it.restartRequest === null);
  });

  it.each([
    ['POST', 'free', undefined, 'NOTHING_TO_FREE', 'it keeps none'],
    ['PUT', 'restart-request', '{"claim":"never"}', 'CLAIM_UNKNOWN', 'no claim "never"'],
    ['PUT', 'restart-request', '{"claim":"waits"}', 'NOTHING_TO_FREE', 'does not wait'],
    ['PUT', 'restart-request', '{"claim":1}', 'BODY_INVALID', '"claim"']
  ])('refuses %s %s with %s by %s', async (method, path, body, code, message) => {
    expect(await sidecar.ask(method, `/api/v1/holders/${keeper.id}/${path}`, body)).toMatchObject({
      body: { code, message: expect.stringContaining(message) }
    });
  });

  it('[GPU4] is not told from old figures while nvidia-smi fails', async () => {
    await keep(1);
    gpu.break(true);
    const broken = await stream.until(it => it.node.gpus[0]!.processes.length === 0);
    expect(broken.node.gpus[0]).toMatchObject({ memoryUsedBytes: null, utilisation: null });
    await stream.until(it => it.node.notices.some(told => /^GPU figures are missing/.test(told)));
    gpu.break(false);
    await stream.until(it => it.node.gpus[0]!.processes.length === 1);
    await stream.until(it => it.node.notices.every(told => !/GPU figures/.test(told)));
  });

  it('is not asked of a kernel that runs, or that nobody knows', async () => {
    await keep(1);
    keeper.claim('runs');
    await keeper.gate.hear('granted', 'runs');
    const free = (id: string) => sidecar.ask('POST', `/api/v1/holders/${id}/free`);
    expect(await free(keeper.id)).toMatchObject({
      status: 409,
      body: { message: expect.stringContaining('it runs a cell') }
    });
    expect(await free('nobody')).toMatchObject({ status: 404, body: { code: 'HOLDER_UNKNOWN' } });
    keeper.release('runs');
  });
});

describe('a kernel that is bound to a GPU, on a real sidecar that is killed', () => {
  const stage = new Stage();
  let gpu: StandInGpu;

  beforeAll(() => {
    gpu = new StandInGpu();
  });

  afterAll(async () => {
    await stage.clear();
    gpu.remove();
  });

  it('[GPU2] [ENF4] is bound to it still, though it runs nothing', async () => {
    const sidecar = await stage.sidecar();
    const kernel = await stage.connected(sidecar);
    kernel.claim('binds', { gpus: 1 });
    await kernel.gate.hear('granted', 'binds');
    kernel.release('binds');
    await kernel.gate.settled();
    await sidecar.kill();
    const next = await stage.sidecarIn(sidecar.dir);
    const { body } = await next.ask('GET', '/api/v1/holders');
    expect(body).toMatchObject([{ id: kernel.id, state: 'idle', boundGpus: [GPU_UUID] }]);
  });
});
