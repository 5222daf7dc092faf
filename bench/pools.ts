import { existsSync } from 'node:fs';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { Stage } from '../server/testing/stage';
import type { Bar } from './bars';
import { Kernels, ROOT } from './kernels';

/** The most that parallel work may take, in times of what it takes without Cellgrant. */
const BOUND = 1.05;
const ROUNDS = 9;

/** Short work is timed again until it took so long without Cellgrant, in s: it scatters more. */
const PLAIN_S_MIN = 10;

/** One kind of parallel work: what is loaded before, and the cell that is timed. */
type Workload = { readonly id: string; readonly load: string; readonly cell: string };

const MATRICES = 'import numpy\nmatrices = [numpy.random.rand(250, 250) for _ in range(40)]';

/** Eigenvalues, which OpenBLAS computes with threads: too many where each worker starts as many. */
function pool(id: string, method: string): Workload {
  return {
    id,
    load: `${MATRICES}\nimport multiprocessing\ncontext = multiprocessing.get_context("${method}")`,
    cell: [
      'with context.Pool(N) as pool:',
      '    pool.map(numpy.linalg.eigvalsh, matrices, 1)',
      '    pool.map(numpy.linalg.eigvalsh, matrices, 1)'
    ].join('\n')
  };
}

const WORKLOADS: readonly Workload[] = [
  {
    id: 'loky',
    load: `${MATRICES}\nimport joblib`,
    cell: 'joblib.Parallel(n_jobs=N)(joblib.delayed(numpy.linalg.eigvalsh)(it) for it in matrices * 2)'
  },
  pool('multiprocessing', 'fork'),
  {
    id: 'sklearn',
    load: [
      'from sklearn.datasets import make_classification',
      'from sklearn.ensemble import HistGradientBoostingClassifier',
      'from sklearn.model_selection import cross_val_score',
      'x, y = make_classification(3000, random_state=0)'
    ].join('\n'),
    cell: 'cross_val_score(HistGradientBoostingClassifier(max_iter=20), x, y, cv=2 * N, n_jobs=N)'
  },
  pool('forkserver', 'forkserver')
];

/** Its value is the median of the rounds. */
type PoolBar = Bar & {
  /** The rounds next to the lowest and the highest. */
  readonly spread: readonly [number, number];
  readonly plainS: number;
};

/**
 * Parallel work in a cell with `cpus: n`, n being all CPUs, beside the same in a plain kernel.
 *
 * #### Notes
 * The two kernels run it by turns, each first in every other round. Takes `--rounds COUNT`, and
 * `--only ID` for one kind of work.
 * The kernels' environment is `.venv-libraries`, which `npm run bench` makes.
 */
export async function run(args: readonly string[] = []): Promise<{ readonly bars: PoolBar[] }> {
  const rounds = Number(optionOf(args, '--rounds') ?? ROUNDS);
  const only = optionOf(args, '--only');
  const python = join(ROOT, '.venv-libraries', 'bin', 'python');
  if (!existsSync(python)) {
    throw new Error(`${python} is missing; "npm run bench -- pools" makes it.`);
  }
  const stage = new Stage();
  const sidecar = await stage.sidecar();
  const plain = await Kernels.start(1, null, python);
  const gated = await Kernels.start(1, sidecar, python);
  try {
    const bars: PoolBar[] = [];
    for (const workload of WORKLOADS.filter(it => it.id === (only ?? it.id))) {
      bars.push(await compare(workload, plain, gated, rounds));
    }
    return { bars };
  } finally {
    await Promise.all([plain.stop(), gated.stop()]);
    await stage.clear();
  }
}

const sum = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0);

function optionOf(args: readonly string[], name: string): string | undefined {
  return args.includes(name) ? args[args.indexOf(name) + 1] : undefined;
}

async function compare(
  { id, load, cell }: Workload,
  plain: Kernels,
  gated: Kernels,
  rounds: number
): Promise<PoolBar> {
  const n = cpus().length;
  const hint = `#| cpus: ${n}\n`;
  const code = cell.replaceAll('N', `${n}`);
  for (const kernels of [plain, gated]) {
    await kernels.run(load);
    await kernels.run(hint + code); // workers start, libraries are loaded
  }
  const [ratios, plainS]: [number[], number[]] = [[], []];
  for (let round = 0; round < rounds || sum(plainS) < PLAIN_S_MIN; round += 1) {
    const seconds = new Map<Kernels, number>();
    for (const kernels of round % 2 ? [gated, plain] : [plain, gated]) {
      seconds.set(kernels, (await kernels.run(hint + code)).seconds);
    }
    plainS.push(seconds.get(plain)!);
    ratios.push(seconds.get(gated)! / seconds.get(plain)!);
  }
  const value = rounded(median(ratios));
  process.stderr.write(`${id}: ${value} times (${ratios.map(rounded).join(', ')})\n`);
  const sorted = [...ratios].sort((a, b) => a - b);
  return {
    id,
    name: `parallel work by ${id} under cpus: n, over the same without Cellgrant`,
    value,
    unit: 'x',
    bound: BOUND,
    better: 'lower',
    met: value <= BOUND,
    spread: [rounded(sorted[1] ?? value), rounded(sorted.at(-2) ?? value)],
    plainS: rounded(median(plainS))
  };
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)]!;
}

function rounded(value: number): number {
  return Math.round(value * 1000) / 1000;
}
