import { spawn, type ChildProcess } from 'node:child_process';
import { request } from 'node:http';

import type { TestKernel } from '../server/testing/gate';
import { exitOf, type TestSidecar } from '../server/testing/sidecar';
import { Stage } from '../server/testing/stage';
import type { Bar } from './bars';
import { memoryOf } from './crowd';
import { FLOODS, YARDSTICK } from './flood';
import { quantilesOf } from './quantiles';

const SECONDS = 8;
const BETWEEN_CLAIMS_MS = 5;
const P99_RATIO_MAX = 5;
const STALL_MS_MAX = 250;
const RESIDENT_MB_MAX = 200;

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

type Hostile = {
  readonly tier: string;
  readonly rows: readonly Row[];
  readonly bars: readonly Bar[];
};

/**
 * What an honest kernel feels of eleven floods, each from a process of its own: from its claim to
 * its grant, against the same in the quiet seconds right before.
 *
 * #### Notes
 * `--seconds N` measures each for so long, `--only FLOOD` one of them. All processes share the
 * CPUs of this machine, so some of what is felt is the flood's own work: the first row is a
 * process that only works, and counts for no bar.
 */
export async function run(args: readonly string[] = []): Promise<Hostile> {
  const at = args.indexOf('--seconds');
  const seconds = at < 0 ? SECONDS : Number(args[at + 1]);
  const rows: Row[] = [];
  const ends = { crashes: 0, leaks: 0 };
  let tier = '';
  const only = args.indexOf('--only');
  for (const flood of only < 0 ? Object.keys(FLOODS) : [args[only + 1]!]) {
    const stage = new Stage();
    const sidecar = await stage.sidecar();
    ({ tier } = sidecar);
    try {
      rows.push(await under(flood, sidecar, await stage.connected(sidecar), seconds));
    } catch (failure) {
      ends.crashes += 1;
      console.error(`${flood}: ${String(failure)}\n${sidecar.log}`);
    }
    // Throws where it left a directory, a limit or a mask, or did not stop well.
    await stage.clear().catch(() => (ends.leaks += 1));
  }
  return { tier, rows, bars: barsOf(rows, ends) };
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
    const { p50, p99 } = quantilesOf(flooded);
    return {
      flood,
      claims: flooded.length,
      p50Ms: p50,
      p99Ms: p99,
      worstMs: Math.round(Math.max(...flooded)),
      p99Ratio: ratio(exactP99(flooded), exactP99(quiet)),
      healthWorstMs: Math.round(await health),
      peakMb: memoryOf(sidecar.pid, 'VmHWM')
    };
  } finally {
    attacker.kill('SIGKILL');
    await exitOf(attacker);
  }
}

function begin(flood: string, { gatePath, apiPath }: TestSidecar): ChildProcess {
  const command = [process.argv[1]!, 'flood', gatePath, apiPath, flood];
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

function barsOf(all: readonly Row[], ends: { crashes: number; leaks: number }): readonly Bar[] {
  const rows = all.filter(it => it.flood !== YARDSTICK);
  const most = (of: (row: Row) => number) => Math.max(...rows.map(of));
  const bar = (id: string, name: string, value: number, unit: string, bound: number): Bar => ({
    id,
    name,
    value,
    unit,
    bound,
    better: 'lower',
    met: value <= bound
  });
  return [
    bar(
      'worstP99Ratio',
      'claim to grant, p99, over quiet',
      most(it => it.p99Ratio),
      'ratio',
      P99_RATIO_MAX
    ),
    bar(
      'worstStallMs',
      'longest wait of claim or health',
      most(it => Math.max(it.worstMs, it.healthWorstMs)),
      'ms',
      STALL_MS_MAX
    ),
    bar(
      'rssPeakMB',
      'peak resident memory of the sidecar',
      most(it => it.peakMb),
      'MB',
      RESIDENT_MB_MAX
    ),
    bar('crashes', 'floods that ended the sidecar or a bystander', ends.crashes, 'count', 0),
    bar('leaks', 'floods after which something was left', ends.leaks, 'count', 0)
  ];
}

function exactP99(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * 0.99))]!;
}

const ratio = (value: number, base: number) => Math.round((value / base) * 100) / 100;
const pause = (ms: number) => new Promise<void>(resolve => setTimeout(resolve, ms));
