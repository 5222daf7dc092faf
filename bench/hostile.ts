import { spawn, type ChildProcess } from 'node:child_process';
import { request } from 'node:http';
import { join } from 'node:path';

import type { TestKernel } from '../server/testing/gate';
import { exitOf, type TestSidecar } from '../server/testing/sidecar';
import { Stage } from '../server/testing/stage';
import { barOf, defineBars, never, type Bar } from './bar';
import type { Result } from './bench';
import { memoryOf } from './crowd';
import { FLOODS, YARDSTICK } from './floods';
import { count, only, type Chosen } from './options';
import { quantile, quantilesOf, rounded } from './statistics';

const BETWEEN_CLAIMS_MS = 5;

export const BARS = defineBars({
  worstP99Ratio: {
    name: 'claim to grant under a flood, p99, over quiet',
    unit: 'x',
    bound: 5,
    better: 'lower'
  },
  worstStallMs: {
    name: 'longest wait of claim or health under a flood',
    unit: 'ms',
    bound: 250,
    better: 'lower'
  },
  rssPeakMB: {
    name: 'peak resident memory of the sidecar under a flood',
    unit: 'MB',
    bound: 200,
    better: 'lower'
  },
  crashes: never('floods that ended the sidecar or a bystander'),
  leaks: never('floods after which something was left')
});

export const OPTIONS = {
  seconds: count('how long each flood lasts, and the quiet before it', 8, 2),
  only: only('one flood', Object.keys(FLOODS))
};

type Row = {
  readonly flood: string;
  readonly claims: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly worstMs: number;
  readonly p99Ratio: number;
  readonly healthWorstMs: number;
  readonly peakMb: number;
};

/**
 * What an honest kernel feels of eleven floods, each from a process of its own: from its claim to
 * its grant, against the same in the quiet seconds right before.
 *
 * #### Notes
 * All processes share the CPUs of this machine, so some of what is felt is the flood's own work:
 * the first row is a process that only works, and counts for no bar.
 */
export async function run(chosen: Chosen<typeof OPTIONS>): Promise<Result> {
  const rows: Row[] = [];
  const ends = { crashes: 0, leaks: 0 };
  for (const flood of chosen.only ? [chosen.only] : Object.keys(FLOODS)) {
    process.stderr.write(`${flood} ...\n`);
    const stage = new Stage();
    const sidecar = await stage.sidecar();
    try {
      rows.push(await under(flood, sidecar, await stage.connected(sidecar), chosen.seconds));
    } catch (failure) {
      ends.crashes += 1;
      console.error(`${flood}: ${String(failure)}\n${sidecar.log}`);
    }
    // Throws where it left a directory, a limit or a mask, or did not stop well.
    await stage.clear().catch(() => (ends.leaks += 1));
  }
  return { bars: barsOf(rows, ends), rows };
}

async function under(
  flood: string,
  sidecar: TestSidecar,
  kernel: TestKernel,
  seconds: number
): Promise<Row> {
  await timeClaims(kernel, 1);
  const quiet = await timeClaims(kernel, seconds);
  const attacker = begin(flood, sidecar);
  try {
    await new Promise(resolve => attacker.stdout!.once('data', resolve));
    const health = timeHealth(sidecar, seconds);
    const flooded = await timeClaims(kernel, seconds);
    const { p50, p99 } = quantilesOf(flooded, 1);
    return {
      flood,
      claims: flooded.length,
      p50Ms: p50,
      p99Ms: p99,
      worstMs: Math.round(Math.max(...flooded)),
      p99Ratio: rounded(quantile(flooded, 0.99) / quantile(quiet, 0.99), 2),
      healthWorstMs: Math.round(await health),
      peakMb: memoryOf(sidecar.pid, 'VmHWM')
    };
  } finally {
    attacker.kill('SIGKILL');
    await exitOf(attacker);
  }
}

function begin(flood: string, { gatePath, apiPath }: TestSidecar): ChildProcess {
  const command = [join(__dirname, 'floodProcess.cjs'), gatePath, apiPath, flood];
  return spawn(process.execPath, command, { stdio: ['ignore', 'pipe', 'inherit'] });
}

/** From claim to grant, again and again for so long, in ms. */
async function timeClaims(kernel: TestKernel, seconds: number): Promise<number[]> {
  const took: number[] = [];
  const end = performance.now() + seconds * 1000;
  for (let n = 0; performance.now() < end; n += 1) {
    const id = `${kernel.id}-${end}-${n}`;
    const began = performance.now();
    kernel.claim(id, { cpus: 1 });
    await kernel.gate.hear('granted', id);
    took.push(performance.now() - began);
    kernel.release(id);
    await pause(BETWEEN_CLAIMS_MS);
  }
  return took;
}

/** The longest that `/healthz` took to answer, asked on a new connection each time, in ms. */
async function timeHealth({ apiPath }: TestSidecar, seconds: number): Promise<number> {
  let worst = 0;
  const end = performance.now() + seconds * 1000;
  while (performance.now() < end) {
    const began = performance.now();
    await new Promise<void>((resolve, reject) => {
      const asked = request({ socketPath: apiPath, path: '/healthz', agent: false }, response => {
        response.resume().on('end', resolve);
      });
      asked.on('error', reject).end();
    });
    worst = Math.max(worst, performance.now() - began);
    await pause(50);
  }
  return worst;
}

/** The worst of all floods, the ratio with all that there were; no figures where there are none but the yardstick. */
function barsOf(all: readonly Row[], ends: { crashes: number; leaks: number }): readonly Bar[] {
  const rows = all.filter(it => it.flood !== YARDSTICK);
  const most = (of: (row: Row) => number) => Math.max(...rows.map(of));
  const ratios = rows.map(it => it.p99Ratio);
  const figures = () => [
    barOf(BARS.worstP99Ratio, quantile(ratios, 1), [quantile(ratios, 0), quantile(ratios, 1)]),
    barOf(
      BARS.worstStallMs,
      most(it => Math.max(it.worstMs, it.healthWorstMs))
    ),
    barOf(
      BARS.rssPeakMB,
      most(it => it.peakMb)
    )
  ];
  return [
    ...(rows.length ? figures() : []),
    barOf(BARS.crashes, ends.crashes),
    barOf(BARS.leaks, ends.leaks)
  ];
}

const pause = (ms: number) => new Promise<void>(resolve => setTimeout(resolve, ms));
