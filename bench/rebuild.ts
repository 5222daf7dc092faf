import type { Snapshot } from '../server/protocol/view';
import { Ledger } from '../server/testing/faults/ledger';
import { LivingKernel } from '../server/testing/faults/livingKernel';
import { type TestSidecar } from '../server/testing/sidecar';
import { Stage } from '../server/testing/stage';
import { quantilesOf } from './quantiles';

const KERNELS = 100;
const RESTARTS = 9;
/** How soon the product's gates come back. */
const RECONNECT_MS = 100;
const LOOK_MS = 20;

/** Whether everybody is known, and every cell that runs. */
async function isRebuilt(sidecar: TestSidecar): Promise<boolean> {
  const { holders, claims } = (await sidecar.ask('GET', '/api/v1/snapshot')).body as Snapshot;
  const running = claims.filter(it => it.state === 'running').length;
  return holders.length === KERNELS && running === KERNELS;
}

async function untilRebuilt(sidecar: TestSidecar): Promise<void> {
  while (!(await isRebuilt(sidecar))) {
    await new Promise(resolve => setTimeout(resolve, LOOK_MS));
  }
}

/** How long it takes from the start of a new sidecar until it knows all that the last one knew. */
export type Rebuilding = {
  /** In the middle of some restarts. */
  readonly rebuildMs: number;
  readonly rebuildWorstMs: number;
};

/**
 * From the start of a new sidecar after a kill until it knows every kernel and
 * every running cell again.
 *
 * #### Notes
 * 100 processes, each with a gate that runs a cell and comes back as the
 * product's does.
 */
export async function timeRebuild(): Promise<Rebuilding> {
  const stage = new Stage();
  const kernels: LivingKernel[] = [];
  try {
    let sidecar = await stage.sidecar();
    const ledger = new Ledger(Infinity);
    for (let n = 0; n < KERNELS; n += 1) {
      const kernel = new LivingKernel(`rebuild-${n}`, sidecar.gatePath, ledger, () => RECONNECT_MS);
      kernels.push(stage.keep(kernel));
      void kernel.run({ memory: '10 MiB' }, () => new Promise(() => undefined));
    }
    await untilRebuilt(sidecar);
    const took: number[] = [];
    for (let n = 0; n < RESTARTS; n += 1) {
      await sidecar.kill();
      const began = performance.now();
      sidecar = await stage.sidecarIn(sidecar.dir, '--memory', '4 GiB');
      await untilRebuilt(sidecar);
      took.push(performance.now() - began);
    }
    const { p50, p99 } = quantilesOf(took);
    return { rebuildMs: Math.round(p50), rebuildWorstMs: Math.round(p99) };
  } finally {
    await Promise.all(kernels.map(it => it.kill()));
    await stage.clear();
  }
}

/** One measurement, alone. */
export function run(): Promise<Rebuilding> {
  return timeRebuild();
}
