import { MIB } from '../testing/contractRig';
import { ForkingProcess } from '../testing/forkingProcess';
import type { TestKernel } from '../testing/gate';
import type { TestSidecar } from '../testing/sidecar';
import { Stage } from '../testing/stage';

/** What is told of a claim that has ended. */
type Ended = { readonly cpuSeconds: number; readonly memoryPeakBytes: number };

describe.each(['auto', 'affinity', 'none'])('an execution on the tier %s', tier => {
  let stage: Stage;
  let sidecar: TestSidecar;
  let process: ForkingProcess;
  let kernel: TestKernel;

  beforeEach(async () => {
    stage = new Stage();
    sidecar = await stage.sidecar('--tier', tier);
    process = stage.keep(await ForkingProcess.start('plain'));
    kernel = stage.kernelOf(process.child);
    await kernel.connect(sidecar);
  });

  afterEach(() => stage.clear());

  /** Run a cell whose gate counts nothing itself; what is told of it afterwards. */
  async function run(id: string, cell: () => Promise<unknown>): Promise<Ended> {
    kernel.claim(id, {});
    await kernel.gate.hear('granted', id);
    await cell();
    kernel.release(id);
    await kernel.gate.settled();
    return (await sidecar.ask('GET', `/api/v1/claims/${id}`)).body as Ended;
  }

  it('[HIST1] that ends before any beat has its CPU time and its peak, and the next one has its own', async () => {
    await run('0', async () => undefined);
    const busy = await run('1', async () => {
      await process.work('swell');
      await process.work('compute');
    });
    const idle = await run('2', async () => undefined);
    expect(busy.memoryPeakBytes - idle.memoryPeakBytes).toBeGreaterThan(8 * MIB);
    expect(busy.cpuSeconds).toBeGreaterThan(0.02);
    expect(idle.cpuSeconds).toBeLessThan(0.02);
  });
});
