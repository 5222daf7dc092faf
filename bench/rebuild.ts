import type { Snapshot } from '../server/protocol/view';
import { Ledger } from '../server/testing/faults/ledger';
import { LivingKernel } from '../server/testing/faults/livingKernel';
import { type TestSidecar } from '../server/testing/sidecar';
import { Stage } from '../server/testing/stage';
import { barOfRounds, defineBars } from './bar';
import type { Result } from './bench';
import { count, type Chosen } from './options';
import { rounded } from './statistics';

const KERNELS = 100;
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

export const BARS = defineBars({
  rebuildMs: {
    name: 'from the start of a new sidecar until it knows 100 kernels and their cells again',
    unit: 'ms',
    bound: 1000,
    better: 'lower'
  }
});

export const OPTIONS = { restarts: count('how often it is killed and started again', 9, 3) };

/** How long it takes from the start of a new sidecar until it knows all that the last one knew. */
export type Rebuilding = Result & {
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
export async function run({ restarts }: Chosen<typeof OPTIONS>): Promise<Rebuilding> {
  const stage = new Stage();
  const kernels: LivingKernel[] = [];
  try {
    let sidecar = await stage.sidecar();
    begin(kernels, stage, sidecar);
    await untilRebuilt(sidecar);
    const took: number[] = [];
    for (let n = 0; n < restarts; n += 1) {
      await sidecar.kill();
      const began = performance.now();
      sidecar = await stage.sidecarIn(sidecar.dir, '--memory', '4 GiB');
      await untilRebuilt(sidecar);
      took.push(rounded(performance.now() - began, 0));
    }
    return rebuildingOf(took);
  } finally {
    await Promise.all(kernels.map(it => it.kill()));
    await stage.clear();
  }
}

/** Start the kernels, each with a cell that goes on and on; those that were started are in the list. */
function begin(kernels: LivingKernel[], stage: Stage, { gatePath }: TestSidecar): void {
  const ledger = new Ledger(Infinity);
  for (let n = 0; n < KERNELS; n += 1) {
    const kernel = new LivingKernel(`rebuild-${n}`, gatePath, ledger, () => RECONNECT_MS);
    kernels.push(stage.keep(kernel));
    void kernel.run({ memory: '10 MiB' }, () => new Promise(() => undefined));
  }
}

function rebuildingOf(took: readonly number[]): Rebuilding {
  const bar = barOfRounds(BARS.rebuildMs, took);
  return {
    bars: [bar],
    rows: took.map((ms, restart) => ({ restart, ms })),
    rebuildMs: bar.value,
    rebuildWorstMs: Math.max(...took)
  };
}
