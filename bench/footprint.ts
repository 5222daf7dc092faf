import { readFileSync } from 'node:fs';
import { request, type ClientRequest } from 'node:http';
import { Stage } from '../server/testing/stage';
import type { TestSidecar } from '../server/testing/sidecar';
import { memoryOf, registerCrowd, type Crowd } from './crowd';
import { Kernels } from './kernels';

const KERNELS = 50;
/** How many of them are real ipykernels; the rest are processes that say what a gate says. */
const REAL_KERNELS = 4;
const SETTLE_MS = 5_000;
const RESIDENT_MAX_BYTES = 150e6;
const CPU_MAX_PERCENT = 1;
/** USER_HZ, which proc(5) counts CPU time in; 100 on every Linux that Node runs on. */
const TICKS_PER_SECOND = 100;

type Row = {
  readonly panel: 'none' | 'one';
  readonly seconds: number;
  readonly residentMb: number;
  readonly peakMb: number;
  readonly cpuPercent: number;
};

type Footprint = {
  readonly kernels: number;
  readonly realKernels: number;
  readonly tier: string;
  readonly rows: readonly Row[];
  readonly crowd: Crowd;
  readonly bars: readonly {
    readonly name: string;
    readonly value: number;
    readonly bound: number;
    readonly met: boolean;
  }[];
};

/**
 * What the sidecar costs while fifty kernels idle, without and with a panel
 * that listens; and when a thousand register at once.
 *
 * #### Notes
 * `--seconds N` watches each for so long; a minute by default.
 */
export async function run(args: readonly string[] = []): Promise<Footprint> {
  const at = args.indexOf('--seconds');
  const seconds = at < 0 ? 60 : Number(args[at + 1]);
  const crowd = await registerCrowd();
  const stage = new Stage();
  const sidecar = await stage.sidecar();
  const real = await Kernels.start(REAL_KERNELS, sidecar);
  try {
    for (let count = REAL_KERNELS; count < KERNELS; count += 1) {
      await stage.connected(sidecar);
    }
    await real.run('import numpy');
    const alone = await watch(sidecar, 'none', seconds);
    const panel = await listen(sidecar);
    const watched = await watch(sidecar, 'one', seconds);
    panel.destroy();
    const rows = [alone, watched];
    const { tier } = sidecar;
    const bars = barsOf(rows);
    return { kernels: KERNELS, realKernels: REAL_KERNELS, tier, rows, crowd, bars };
  } finally {
    await real.stop();
    await stage.clear();
  }
}

function barsOf(rows: readonly Row[]): Footprint['bars'] {
  const resident = Math.max(...rows.map(it => it.peakMb));
  const cpu = Math.max(...rows.map(it => it.cpuPercent));
  const residentMax = RESIDENT_MAX_BYTES / 1e6;
  return [
    { name: 'peak resident, MB', value: resident, bound: residentMax, met: resident < residentMax },
    { name: 'CPU, % of one', value: cpu, bound: CPU_MAX_PERCENT, met: cpu < CPU_MAX_PERCENT }
  ];
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
    seconds: rounded(tookS),
    residentMb: memoryOf(sidecar.pid, 'VmRSS'),
    peakMb: memoryOf(sidecar.pid, 'VmHWM'),
    cpuPercent: rounded(cpuPercent)
  };
}

/** A panel: reads every snapshot that is pushed. */
function listen(sidecar: TestSidecar): Promise<ClientRequest> {
  return new Promise((resolve, reject) => {
    const asked = request({ socketPath: sidecar.apiPath, path: '/api/v1/events' }, response => {
      response.resume();
      response.on('error', () => undefined); // we hang up ourselves
      resolve(asked);
    });
    asked.once('error', reject);
    asked.end();
  });
}

function cpuSecondsOf(pid: number): number {
  const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
}

function rounded(value: number): number {
  return Math.round(value * 100) / 100;
}

function pause(ms: number): Promise<void> {
  return new Promise(resolve => setTimeout(resolve, ms));
}
