import { readFileSync } from 'node:fs';
import { EventStream } from '../server/testing/eventStream';
import type { TestKernel } from '../server/testing/gate';
import { Stage } from '../server/testing/stage';
import type { TestSidecar } from '../server/testing/sidecar';
import { barOf, barOfRounds, defineBars, type Bar } from './bar';
import type { Result } from './bench';
import { memoryOf, registerCrowd, type Crowd } from './crowd';
import { Kernels } from './kernels';
import { count, type Chosen } from './options';
import { quantile, rounded } from './statistics';

const KERNELS = 50;
/** How many of them are real ipykernels; the rest are processes that say what a gate says. */
const REAL_KERNELS = 4;
const SETTLE_MS = 5_000;
/** Watched without and with a panel by turns, so that what else the machine does meets both. */
const WINDOWS = 4;
const CHANGES = 20;
/** USER_HZ, which proc(5) counts CPU time in; 100 on every Linux that Node runs on. */
const TICKS_PER_SECOND = 100;

export const BARS = defineBars({
  cpuPercent: {
    name: 'CPU of the sidecar beside 50 idle kernels, of one',
    unit: '%',
    bound: 1,
    better: 'lower'
  },
  cpuPercentWithPanel: {
    name: 'the same with a panel that listens',
    unit: '%',
    bound: 1,
    better: 'lower'
  },
  rssPeakMB: {
    name: 'peak resident memory of the sidecar beside 50 kernels',
    unit: 'MB',
    bound: 150,
    better: 'lower'
  },
  panelMs: {
    name: 'from a claim until a panel has it, the longest',
    unit: 'ms',
    bound: 1000,
    better: 'lower'
  }
});

export const OPTIONS = {
  seconds: count('how long it is watched without and with a panel, each', 60, 12)
};

type Row = {
  readonly panel: 'none' | 'one';
  readonly seconds: number;
  readonly residentMb: number;
  readonly peakMb: number;
  readonly cpuPercent: number;
};

type Footprint = Result & {
  readonly kernels: number;
  readonly realKernels: number;
  readonly crowd: Crowd;
};

/**
 * What the sidecar costs while fifty kernels idle, without and with a panel
 * that listens; how soon that follows; and what it costs when a thousand
 * register at once.
 */
export async function run({ seconds }: Chosen<typeof OPTIONS>): Promise<Footprint> {
  const crowd = await registerCrowd();
  const stage = new Stage();
  const sidecar = await stage.sidecar();
  const real = await Kernels.start(REAL_KERNELS, sidecar);
  try {
    const kernel = await fill(stage, sidecar);
    await real.run('import numpy');
    const rows: Row[] = [];
    for (let window = 0; window < WINDOWS; window += 1) {
      const windowS = seconds / WINDOWS;
      rows.push(await watch(sidecar, 'none', windowS));
      const panel = await EventStream.open(sidecar);
      panel.until(() => false).catch(() => undefined); // it reads all until we close it
      rows.push(await watch(sidecar, 'one', windowS));
      panel.close();
    }
    const bars = barsOf(rows, await timePanel(sidecar, kernel));
    return { bars, rows, kernels: KERNELS, realKernels: REAL_KERNELS, crowd };
  } finally {
    await real.stop();
    await stage.clear();
  }
}

/** All kernels beside the real ones; the last of them. */
async function fill(stage: Stage, sidecar: TestSidecar): Promise<TestKernel> {
  let kernel = await stage.connected(sidecar);
  for (let count = REAL_KERNELS + 1; count < KERNELS; count += 1) {
    kernel = await stage.connected(sidecar);
  }
  return kernel;
}

function barsOf(rows: readonly Row[], panelMs: readonly number[]): readonly Bar[] {
  const cpuWith = (panel: Row['panel']) =>
    rows.filter(it => it.panel === panel).map(it => it.cpuPercent);
  return [
    barOfRounds(BARS.cpuPercent, cpuWith('none')),
    barOfRounds(BARS.cpuPercentWithPanel, cpuWith('one')),
    barOf(BARS.rssPeakMB, Math.max(...rows.map(it => it.peakMb))),
    barOf(BARS.panelMs, Math.max(...panelMs), [quantile(panelMs, 0), quantile(panelMs, 1)])
  ];
}

/** From a claim until the snapshot that shows it has come to a panel, in ms. */
async function timePanel(sidecar: TestSidecar, kernel: TestKernel): Promise<readonly number[]> {
  const panel = await EventStream.open(sidecar);
  const took: number[] = [];
  for (let n = 0; n < CHANGES; n += 1) {
    const id = `${kernel.id}-${n}`;
    const began = performance.now();
    kernel.claim(id, { cpus: 1 });
    await panel.until(({ claims }) => claims.some(it => it.id === id));
    took.push(performance.now() - began);
    kernel.release(id);
  }
  panel.close();
  return took;
}

async function watch(sidecar: TestSidecar, panel: Row['panel'], seconds: number): Promise<Row> {
  await pause(SETTLE_MS);
  const before = cpuSecondsOf(sidecar.pid);
  const began = performance.now();
  await pause(seconds * 1000);
  const tookS = (performance.now() - began) / 1000;
  const cpuPercent = ((cpuSecondsOf(sidecar.pid) - before) / tookS) * 100;
  return {
    panel,
    seconds: rounded(tookS, 1),
    residentMb: memoryOf(sidecar.pid, 'VmRSS'),
    peakMb: memoryOf(sidecar.pid, 'VmHWM'),
    cpuPercent: rounded(cpuPercent, 2)
  };
}

function cpuSecondsOf(pid: number): number {
  const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
}

function pause(ms: number): Promise<void> {
  return new Promise(resolve => setTimeout(resolve, ms));
}
