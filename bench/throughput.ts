import { existsSync, readdirSync } from 'node:fs';
import { cpus, loadavg } from 'node:os';
import { setThreadMaskByTaskset } from '../server/enforce/affinity/taskset';
import { DiskFiles } from '../server/host/files';
import { findPacking } from '../server/host/packing';
import { readThread, readThreads } from '../server/host/processes';
import { Stage } from '../server/testing/stage';
import { Kernels } from './kernels';

const KERNELS = 8;
const ROUNDS = 5;
const RATIO_MIN = 1.5;
/** How often it is looked whether threads are packed, while a busy machine hides it. */
const PROBES_MAX = 10;

const files = new DiskFiles();

/** A cell of the measurement: what is loaded before, and what it runs. */
type Workload = { readonly name: string; readonly load: string; readonly cell: string };

/** How long a cell works, in s. */
const CELL_S = 3;

/** A cell that works for a while and counts in `done` what it did. */
function counting(step: string, units: string): string {
  const head = `import time\nunits, done, end = ${units}, 0, time.monotonic() + ${CELL_S}`;
  return `${head}\nwhile time.monotonic() < end:\n    ${step}\n    done += units`;
}

/** Matrix products as numpy comes: OpenBLAS with threads of its own. */
const BLAS: Workload = {
  name: 'OpenBLAS through numpy',
  load: 'import numpy\na = numpy.ones((400, 400))\na @ a',
  cell: counting('a @ a', '1')
};

/** Parallel regions of an OpenMP program, called as a compiler would. */
function openMp(path: string): Workload {
  return {
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

type Row = {
  readonly workload: string;
  /** Throughput with Cellgrant over that of stock Jupyter: the median of the rounds. */
  readonly ratio: number;
  readonly lowest: number;
  readonly highest: number;
  /** Products, or units of work in parallel regions, of all kernels together. */
  readonly stockPerS: number;
  readonly grantedPerS: number;
};

type Throughput = {
  readonly kernels: number;
  readonly cpus: number;
  readonly tier: string;
  /** How the stock kernels' threads were placed. */
  readonly baseline: 'as the machine places them' | 'spread by hand';
  /** Whether the machine packed threads before and after; null where it was too busy to tell. */
  readonly packed: { readonly before: boolean | null; readonly after: boolean | null };
  /** The load average over a minute, before and after. */
  readonly load: { readonly before: number; readonly after: number };
  readonly rows: readonly Row[];
  readonly bars: readonly object[];
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
export async function run(args: readonly string[] = []): Promise<Throughput> {
  const at = args.indexOf('--rounds');
  const rounds = at < 0 ? ROUNDS : Number(args[at + 1]);
  const count = Math.max(KERNELS, 2 * cpus().length);
  const before = { packed: await lookForPacking(), load: loadavg()[0]! };
  const spread = before.packed === true;
  const baseline = spread ? 'spread by hand' : 'as the machine places them';
  process.stderr.write(`threads packed: ${before.packed}; stock threads are ${baseline}\n`);
  const stage = new Stage();
  const sidecar = await stage.sidecar();
  const stock = await Kernels.start(count, null);
  const granted = await Kernels.start(count, sidecar);
  try {
    const rows: Row[] = [];
    for (const workload of workloads()) {
      rows.push(await compare(workload, { stock, granted, rounds, spread }));
    }
    return {
      kernels: count,
      cpus: cpus().length,
      tier: sidecar.tier,
      baseline,
      packed: { before: before.packed, after: await lookForPacking() },
      load: { before: before.load, after: loadavg()[0]! },
      rows,
      bars: rows.map(({ workload, ratio }) => ({
        name: workload,
        value: ratio,
        bound: RATIO_MIN,
        met: ratio >= RATIO_MIN
      }))
    };
  } finally {
    await Promise.all([stock.stop(), granted.stop()]);
    await stage.clear();
  }
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

async function lookForPacking(): Promise<boolean | null> {
  let packed: boolean | null = null;
  for (let probe = 0; packed === null && probe < PROBES_MAX; probe += 1) {
    packed = await findPacking(
      files,
      cpus().map((_, cpu) => cpu)
    );
  }
  return packed;
}

/**
 * What a scheduler that spreads threads would do: the busiest threads of each
 * kernel on CPUs of their own, the kernels starting at different ones.
 */
async function spreadByHand(kernels: Kernels): Promise<void> {
  for (const [index, pid] of kernels.pids.entries()) {
    const threads = readThreads(files, pid).flatMap(tid => readThread(files, pid, tid) ?? []);
    threads.sort((a, b) => b.cpuTicks - a.cpuTicks);
    for (const [at, { tid }] of threads.entries()) {
      await setThreadMaskByTaskset(tid, `${(at + index) % cpus().length}`);
    }
  }
}

async function compare(workload: Workload, sides: Sides): Promise<Row> {
  const { stock, granted, rounds, spread } = sides;
  for (const side of [stock, granted]) {
    await side.run(workload.load);
    await side.run(workload.cell);
  }
  spread && (await spreadByHand(stock));
  const stockPerS: number[] = [];
  const grantedPerS: number[] = [];
  for (let round = 0; round < rounds; round += 1) {
    // In turns, so that what changes with time meets both alike.
    const sidesInTurn = [
      async () => void stockPerS.push(await unitsPerS(stock, workload)),
      async () => void grantedPerS.push(await unitsPerS(granted, workload))
    ];
    for (const side of round % 2 ? sidesInTurn.reverse() : sidesInTurn) {
      await side();
    }
    const [before, after] = [stockPerS.at(-1)!, grantedPerS.at(-1)!].map(Math.round);
    process.stderr.write(`${workload.name}: ${before}/s stock, ${after}/s granted\n`);
  }
  const ratios = grantedPerS.map((units, round) => units / stockPerS[round]!);
  return {
    workload: workload.name,
    ratio: rounded(median(ratios)),
    lowest: rounded(Math.min(...ratios)),
    highest: rounded(Math.max(...ratios)),
    stockPerS: rounded(median(stockPerS)),
    grantedPerS: rounded(median(grantedPerS))
  };
}

/** What all kernels did together, per second until the last one was done. */
async function unitsPerS(kernels: Kernels, { cell }: Workload): Promise<number> {
  const { values, seconds } = await kernels.run(cell, 'done');
  return (values as number[]).reduce((sum, units) => sum + units, 0) / seconds;
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)]!;
}

function rounded(value: number): number {
  return Math.round(value * 100) / 100;
}
