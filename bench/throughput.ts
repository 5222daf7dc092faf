import { existsSync, readdirSync } from 'node:fs';
import { cpus } from 'node:os';
import { setThreadMaskByTaskset } from '../server/enforce/affinity/taskset';
import { DiskFiles } from '../server/host/files';
import { readThread, readThreads } from '../server/host/processes';
import { Stage } from '../server/testing/stage';
import { barOfRounds, defineBars, type Bar, type BarDefinition } from './bar';
import type { Result } from './bench';
import { Kernels } from './kernels';
import { lookForPacking } from './machine';
import { count, type Chosen } from './options';
import { rounded } from './statistics';

const KERNELS = 8;

export const BARS = defineBars({
  blas: {
    name: 'kernels of OpenBLAS at once, throughput over that of stock Jupyter',
    unit: 'x',
    bound: 1.5,
    better: 'higher'
  },
  openmp: {
    name: 'kernels of OpenMP at once, throughput over that of stock Jupyter',
    unit: 'x',
    bound: 1.5,
    better: 'higher'
  }
});

export const OPTIONS = { rounds: count('rounds of each workload', 5, 3) };

const files = new DiskFiles();

/** A cell of the measurement: what is loaded before, and what it runs. */
type Workload = {
  readonly bar: BarDefinition;
  readonly name: string;
  readonly load: string;
  readonly cell: string;
};

/** How long a cell works, in s. */
const CELL_S = 3;

/** A cell that works for a while and counts in `done` what it did. */
function counting(step: string, units: string): string {
  const head = `import time\nunits, done, end = ${units}, 0, time.monotonic() + ${CELL_S}`;
  return `${head}\nwhile time.monotonic() < end:\n    ${step}\n    done += units`;
}

/** Matrix products as numpy comes: OpenBLAS with threads of its own. */
const BLAS: Workload = {
  bar: BARS.blas,
  name: 'OpenBLAS through numpy',
  load: 'import numpy\na = numpy.ones((400, 400))\na @ a',
  cell: counting('a @ a', '1')
};

/** Parallel regions of an OpenMP program, called as a compiler would. */
function openMp(path: string): Workload {
  return {
    bar: BARS.openmp,
    name: 'OpenMP through libgomp',
    load: [
      'import ctypes',
      `gomp, libc = ctypes.CDLL(${JSON.stringify(path)}), ctypes.CDLL(None)`,
      'work, text = ctypes.cast(libc.strlen, ctypes.c_void_p), b"x" * 400_000',
      'gomp.GOMP_parallel(work, text, 0, 0)'
    ].join('\n'),
    // Each thread does one unit of work in a region.
    cell: counting('gomp.GOMP_parallel(work, text, 0, 0)', 'gomp.omp_get_max_threads()')
  };
}

/** One workload in one round, units of work of all kernels together. */
type Row = {
  readonly workload: string;
  readonly stockPerS: number;
  readonly grantedPerS: number;
  readonly ratio: number;
};

type Throughput = Result & {
  readonly kernels: number;
  /** How the stock kernels' threads were placed. */
  readonly baseline: 'as the machine places them' | 'spread by hand';
  /** Whether the machine packed threads before and after; null where it was too busy to tell. */
  readonly packed: { readonly before: boolean | null; readonly after: boolean | null };
};

/**
 * Kernels that all compute at once: stock Jupyter and Cellgrant, in turns, in
 * one run.
 *
 * #### Notes
 * Some virtual machines keep unpinned threads on one CPU, which would make the
 * stock kernels slow for a reason that is not theirs: there their threads are
 * spread over the CPUs by hand, and the answer says so. That can change while a
 * machine runs, so it is looked at again at the end.
 */
export async function run({ rounds }: Chosen<typeof OPTIONS>): Promise<Throughput> {
  const kernels = Math.max(KERNELS, 2 * cpus().length);
  const before = await lookForPacking();
  const spread = before === true;
  const baseline = spread ? 'spread by hand' : 'as the machine places them';
  process.stderr.write(`${kernels} kernels, their stock threads are ${baseline}\n`);
  const stage = new Stage();
  const sidecar = await stage.sidecar();
  const stock = await Kernels.start(kernels, null);
  const granted = await Kernels.start(kernels, sidecar);
  try {
    const { bars, rows } = await compareAll({ stock, granted, rounds, spread });
    return { bars, rows, kernels, baseline, packed: { before, after: await lookForPacking() } };
  } finally {
    await Promise.all([stock.stop(), granted.stop()]);
    await stage.clear();
  }
}

async function compareAll(sides: Sides): Promise<{ bars: Bar[]; rows: Row[] }> {
  const bars: Bar[] = [];
  const rows: Row[] = [];
  for (const workload of workloads()) {
    const found = await compare(workload, sides);
    bars.push(
      barOfRounds(
        workload.bar,
        found.map(it => it.ratio)
      )
    );
    rows.push(...found);
  }
  return { bars, rows };
}

function workloads(): readonly Workload[] {
  const places = ['/usr/lib/x86_64-linux-gnu', '/usr/lib/aarch64-linux-gnu', '/usr/lib64'];
  const files = places.flatMap(place =>
    existsSync(place) ? readdirSync(place).map(name => `${place}/${name}`) : []
  );
  const path = files.find(it => it.endsWith('/libgomp.so.1'));
  return path ? [BLAS, openMp(path)] : [BLAS];
}

type Sides = {
  readonly stock: Kernels;
  readonly granted: Kernels;
  readonly rounds: number;
  readonly spread: boolean;
};

/**
 * What a scheduler that spreads threads would do: the busiest threads of each
 * kernel on CPUs of their own, the kernels starting at different ones.
 */
async function spreadByHand(kernels: Kernels): Promise<void> {
  for (const [index, pid] of kernels.pids.entries()) {
    const threads = readThreads(files, pid).flatMap(tid => readThread(files, pid, tid) ?? []);
    threads.sort((a, b) => b.cpuTicks - a.cpuTicks);
    for (const [at, { tid }] of threads.entries()) {
      await setThreadMaskByTaskset(tid, [(at + index) % cpus().length]);
    }
  }
}

async function compare(workload: Workload, sides: Sides): Promise<Row[]> {
  const { stock, granted, rounds, spread } = sides;
  for (const side of [stock, granted]) {
    await side.run(workload.load);
    await side.run(workload.cell);
  }
  spread && (await spreadByHand(stock));
  const rows: Row[] = [];
  for (let round = 0; round < rounds; round += 1) {
    rows.push(await runRound(workload, sides, round % 2 === 1));
    const { stockPerS, grantedPerS } = rows.at(-1)!;
    process.stderr.write(`${workload.name}: ${stockPerS}/s stock, ${grantedPerS}/s granted\n`);
  }
  return rows;
}

/** In turns, so that what changes with time meets both alike. */
async function runRound(
  workload: Workload,
  { stock, granted }: Sides,
  backwards: boolean
): Promise<Row> {
  const perS = new Map<Kernels, number>();
  for (const kernels of backwards ? [granted, stock] : [stock, granted]) {
    perS.set(kernels, rounded(await unitsPerS(kernels, workload), 1));
  }
  const [stockPerS, grantedPerS] = [perS.get(stock)!, perS.get(granted)!];
  return {
    workload: workload.name,
    stockPerS,
    grantedPerS,
    ratio: rounded(grantedPerS / stockPerS, 3)
  };
}

/** What all kernels did together, per second until the last one was done. */
async function unitsPerS(kernels: Kernels, { cell }: Workload): Promise<number> {
  const { values, seconds } = await kernels.run(cell, 'done');
  return (values as number[]).reduce((sum, units) => sum + units, 0) / seconds;
}
