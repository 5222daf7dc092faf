import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { DiskFiles } from '../host/files';
import { findHierarchies } from '../host/cgroupfs';
import type { NodeView, TierView } from '../protocol/view';
import { ForkingProcess } from '../testing/forkingProcess';
import { type TestKernel } from '../testing/gate';
import type { TestSidecar } from '../testing/sidecar';
import { Stage } from '../testing/stage';
import { GPU_UUID, StandInGpu } from '../testing/standInGpu';

/** Where only root can fence: on this machine by version 1, if its device controller is there. */
const canFence =
  process.getuid?.() === 0 &&
  findHierarchies(new DiskFiles()).some(it => it.controllers.includes('devices'));

/** A kernel that opens the GPU's device file when it is told to. */
class OpeningKernel {
  private constructor(
    readonly kernel: TestKernel,
    private readonly process: ForkingProcess,
    private readonly device: string
  ) {}

  static async start(stage: Stage, device: string): Promise<OpeningKernel> {
    const process = stage.keep(await ForkingProcess.start('plain'));
    return new OpeningKernel(stage.kernelOf(process.child), process, device);
  }

  /** Whether that is let through; then no driver answers, or a real one does. */
  async canOpen(): Promise<boolean> {
    return !(await this.process.open(this.device)).includes('not permitted');
  }

  async runCell(id: string): Promise<void> {
    this.kernel.claim(id, { gpus: 1 });
    await this.kernel.gate.hear('granted', id);
  }
}

(canFence ? describe : describe.skip)('a real sidecar that fences GPUs (needs root and v1)', () => {
  let gpu: StandInGpu;
  let stage: Stage;
  let dir: string;
  let device: string;
  let config: string;
  let first: OpeningKernel;
  let second: OpeningKernel;

  beforeEach(async () => {
    gpu = new StandInGpu();
    stage = new Stage();
    dir = stage.directory();
    const files = stage.directory();
    device = join(files, 'nvidia0');
    execFileSync('mknod', [device, 'c', '195', '0']);
    config = join(files, 'cellgrant.yaml');
    first = await OpeningKernel.start(stage, device);
    second = await OpeningKernel.start(stage, device);
  });

  afterEach(async () => {
    await stage.clear();
    gpu.remove();
  });

  async function sidecarThat(fences: boolean): Promise<TestSidecar> {
    writeFileSync(config, `gpus: { fence: ${fences} }\n`);
    const sidecar = await stage.sidecarIn(dir, '--memory', '4 GiB', '--config', config);
    await Promise.all([first, second].map(it => it.kernel.connect(sidecar)));
    return sidecar;
  }

  async function tierOf(sidecar: TestSidecar): Promise<TierView> {
    return ((await sidecar.ask('GET', '/api/v1/node')).body as NodeView).tier;
  }

  async function canOpen(): Promise<readonly boolean[]> {
    return [await first.canOpen(), await second.canOpen()];
  }

  it('[ENF7] lets a kernel open what its cell was granted, until it ends', async () => {
    const sidecar = await sidecarThat(true);
    expect((await tierOf(sidecar)).enforced).toContain('gpus');
    expect(await canOpen()).toEqual([false, false]);
    await first.runCell('1');
    expect(await canOpen()).toEqual([true, false]);
    first.kernel.release('1');
    await second.runCell('2');
    expect(await canOpen()).toEqual([true, true]);
    const third = await OpeningKernel.start(stage, device);
    await third.kernel.connect(sidecar);
    expect(await third.canOpen()).toBe(false);
    expect(await sidecar.stop()).toBe(0);
    expect(await third.canOpen()).toBe(true);
  }, 20_000);

  it('[ENF7] [ENF2] leaves nothing shut behind, nor where the administrator takes it back', async () => {
    const sidecar = await sidecarThat(true);
    expect(await canOpen()).toEqual([false, false]);
    await sidecar.kill();
    const open = await sidecarThat(false);
    expect((await tierOf(open)).enforced).not.toContain('gpus');
    await first.kernel.gate.settled();
    expect(await canOpen()).toEqual([true, true]);
  }, 20_000);

  it('[ENF7] [ENF4] knows after a restart which kernels may open what', async () => {
    const sidecar = await sidecarThat(true);
    await first.runCell('1');
    first.kernel.release('1');
    await first.kernel.gate.settled();
    await sidecar.kill();
    expect(await canOpen()).toEqual([true, false]);
    const next = await sidecarThat(true);
    await first.kernel.gate.settled();
    expect(await canOpen()).toEqual([true, false]);
    const kernels = (await next.ask('GET', '/api/v1/holders')).body;
    expect(kernels).toContainEqual(
      expect.objectContaining({ id: first.kernel.id, boundGpus: [GPU_UUID] })
    );
  }, 20_000);
});
