import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';

import { SharedSidecar } from '../server/testing/sharedSidecar';
import { shortDirectory } from '../server/testing/sidecar';
import { StandInGpu } from '../server/testing/standInGpu';
import { barOf, barOfRounds, defineBars, never, type Bar } from './bar';
import type { Result } from './bench';
import { memoryOf } from './crowd';
import { contend, type Contention } from './contention';
import { Crew, type Cells } from './crew';
import { fairnessOf } from './fairness';
import { FloodOfOne } from './floodOfOne';
import { count, type Chosen } from './options';
import { quantile, rounded } from './statistics';

const USERS = 20;
const KERNELS_EACH = 10;
const CELLS_PER_SECOND = 200;
/** What is not counted: code that is compiled, and heaps that find their size. */
const WARM_UP_S = 10;

export const BARS = defineBars({
  lost: never('claims that were never answered'),
  doubleGrants: never('moments at which two users had what there is once'),
  claimToGrantP99Ms: {
    name: 'claim to grant of 200 kernels of 20 users, where it is free, p99',
    unit: 'ms',
    bound: 10,
    better: 'lower'
  },
  rssGrowthMB: {
    name: 'growth of the sidecar under that load',
    unit: 'MB',
    bound: 20,
    better: 'lower'
  },
  hostileP99Ratio: {
    name: 'the same p99 while one more user floods the sidecar, over without',
    unit: 'x',
    bound: 2,
    better: 'lower'
  },
  fairnessError: {
    name: 'CPU time of two users with 1 and 8 busy kernels: off 1 to 1 by',
    unit: 'x',
    bound: 0.1,
    better: 'lower'
  }
});

export const OPTIONS = {
  seconds: count('how long cells come', 60, 5),
  rounds: count('rounds with a flood, and as many without', 5, 2),
  roundSeconds: count('how long each of them lasts', 6, 2)
};

/** Twenty users with ten kernels each on one node, and what becomes of them. */
export async function run(chosen: Chosen<typeof OPTIONS>): Promise<Result> {
  const gpu = new StandInGpu();
  const outer = shortDirectory();
  mkdirSync(join(outer, 'run'));
  const sidecar = await SharedSidecar.start(join(outer, 'state'), join(outer, 'run'));
  try {
    process.stderr.write('load ...\n');
    const crew = await Crew.of(sidecar, USERS, KERNELS_EACH);
    const load = await underLoad(sidecar, crew, chosen.seconds);
    process.stderr.write('flood of one ...\n');
    const ratios = await besideFlood(sidecar, crew, chosen);
    process.stderr.write('contention ...\n');
    const contention = await contend(sidecar, chosen.seconds / 2);
    process.stderr.write('fairness ...\n');
    const fairness = await fairnessOf(sidecar, Math.max(4, chosen.seconds / 6));
    const rows = [
      { what: 'load', ...shown(load.cells), grewMb: load.grewMb },
      { what: 'contention', ...contention },
      { what: 'fairness', ...fairness }
    ];
    return { bars: barsOf(load, ratios, contention, fairness.error), rows };
  } finally {
    await sidecar.stop();
    gpu.remove();
    rmSync(outer, { recursive: true, force: true });
  }
}

type Load = { readonly cells: Cells; readonly grewMb: number };

async function underLoad(sidecar: SharedSidecar, crew: Crew, seconds: number): Promise<Load> {
  await crew.work(CELLS_PER_SECOND, Math.min(WARM_UP_S, seconds));
  const before = memoryOf(sidecar.pid, 'VmRSS');
  const cells = await crew.work(CELLS_PER_SECOND, seconds);
  return { cells, grewMb: rounded(memoryOf(sidecar.pid, 'VmRSS') - before, 1) };
}

/** The p99 of the others with a flood over that without, of each round. */
async function besideFlood(
  sidecar: SharedSidecar,
  crew: Crew,
  { rounds, roundSeconds }: Chosen<typeof OPTIONS>
): Promise<number[]> {
  const ratios: number[] = [];
  for (let round = 0; round < rounds; round += 1) {
    const quiet = await crew.work(CELLS_PER_SECOND, roundSeconds);
    const flood = await FloodOfOne.begin(sidecar);
    const flooded = await crew.work(CELLS_PER_SECOND, roundSeconds);
    await flood.end();
    ratios.push(quantile(flooded.freeMs, 0.99) / quantile(quiet.freeMs, 0.99));
  }
  return ratios;
}

function barsOf(
  { cells, grewMb }: Load,
  ratios: readonly number[],
  { overlaps }: Contention,
  unfairness: number
): readonly Bar[] {
  return [
    barOf(BARS.lost, cells.lost),
    barOf(BARS.doubleGrants, overlaps),
    barOf(BARS.claimToGrantP99Ms, quantile(cells.freeMs, 0.99)),
    barOf(BARS.rssGrowthMB, grewMb),
    barOfRounds(BARS.hostileP99Ratio, ratios),
    barOf(BARS.fairnessError, unfairness)
  ];
}

function shown({ freeMs, waited, lost }: Cells): object {
  const [p50Ms, p99Ms] = [0.5, 0.99].map(it => rounded(quantile(freeMs, it), 2));
  return { cells: freeMs.length, waited, lost, p50Ms, p99Ms };
}
