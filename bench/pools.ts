import { existsSync } from 'node:fs';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { Stage } from '../server/testing/stage';
import { barOfRounds, defineBars, type Bar, type BarDefinition } from './bar';
import type { Result } from './bench';
import { Kernels } from './kernels';
import { count, only, type Chosen } from './options';
import { ROOT } from './python';
import { rounded } from './statistics';

/** What parallel work under `cpus: n` takes, over the same without Cellgrant. */
const barOfPool = (by: string) =>
  ({
    name: `parallel work by ${by} under cpus: n, over the same without Cellgrant`,
    unit: 'x',
    bound: 1.05,
    better: 'lower'
  }) as const;

export const BARS = defineBars({
  loky: barOfPool('loky'),
  multiprocessing: barOfPool('multiprocessing'),
  sklearn: barOfPool('sklearn'),
  forkserver: barOfPool('forkserver')
});

export const OPTIONS = {
  rounds: count('rounds of each kind of work, or more where it is short', 9, 3),
  only: only('one kind of work', Object.keys(BARS))
};

/** Short work is timed again until it took so long without Cellgrant, in s: it scatters more. */
const PLAIN_S_MIN = 10;

/** One kind of parallel work: what is loaded before, and the cell that is timed. */
type Workload = { readonly bar: BarDefinition; readonly load: string; readonly cell: string };

const MATRICES = 'import numpy\nmatrices = [numpy.random.rand(250, 250) for _ in range(40)]';

/** Eigenvalues, which OpenBLAS computes with threads: too many where each worker starts as many. */
function pool(bar: BarDefinition, method: string): Workload {
  return {
    bar,
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
    bar: BARS.loky,
    load: `${MATRICES}\nimport joblib`,
    cell: 'joblib.Parallel(n_jobs=N)(joblib.delayed(numpy.linalg.eigvalsh)(it) for it in matrices * 2)'
  },
  pool(BARS.multiprocessing, 'fork'),
  {
    bar: BARS.sklearn,
    load: [
      'from sklearn.datasets import make_classification',
      'from sklearn.ensemble import HistGradientBoostingClassifier',
      'from sklearn.model_selection import cross_val_score',
      'x, y = make_classification(3000, random_state=0)'
    ].join('\n'),
    cell: 'cross_val_score(HistGradientBoostingClassifier(max_iter=20), x, y, cv=2 * N, n_jobs=N)'
  },
  pool(BARS.forkserver, 'forkserver')
];

/** One kind of work in one round. */
type Row = {
  readonly work: string;
  readonly plainS: number;
  readonly grantedS: number;
  readonly ratio: number;
};

/**
 * Parallel work in a cell with `cpus: n`, n being all CPUs, beside the same in a plain kernel.
 *
 * #### Notes
 * The two kernels run it by turns, each first in every other round.
 * The kernels' environment is `.venv-libraries`, which `npm run bench` makes.
 */
export async function run(chosen: Chosen<typeof OPTIONS>): Promise<Result> {
  const python = join(ROOT, '.venv-libraries', 'bin', 'python');
  if (!existsSync(python)) {
    throw new Error(`${python} is missing; "npm run bench -- pools" makes it.`);
  }
  const stage = new Stage();
  const sidecar = await stage.sidecar();
  const plain = await Kernels.start(1, null, python);
  const granted = await Kernels.start(1, sidecar, python);
  try {
    const bars: Bar[] = [];
    const rows: Row[] = [];
    for (const workload of WORKLOADS.filter(it => it.bar.id === (chosen.only ?? it.bar.id))) {
      const found = await compare(workload, { plain, granted }, chosen.rounds);
      const bar = barOfRounds(
        workload.bar,
        found.map(it => it.ratio)
      );
      process.stderr.write(`${bar.id}: ${bar.value} times, ${found.length} rounds\n`);
      bars.push(bar);
      rows.push(...found);
    }
    return { bars, rows };
  } finally {
    await Promise.all([plain.stop(), granted.stop()]);
    await stage.clear();
  }
}

type Sides = Readonly<Record<'plain' | 'granted', Kernels>>;

async function compare(workload: Workload, sides: Sides, rounds: number): Promise<Row[]> {
  const n = cpus().length;
  const code = `#| cpus: ${n}\n${workload.cell.replaceAll('N', `${n}`)}`;
  for (const kernels of Object.values(sides)) {
    await kernels.run(workload.load);
    await kernels.run(code); // workers start, libraries are loaded
  }
  const rows: Row[] = [];
  for (let plainS = 0; rows.length < rounds || plainS < PLAIN_S_MIN;) {
    const row = await runRound(workload.bar.id, code, sides, rows.length % 2 === 1);
    plainS += row.plainS;
    rows.push(row);
  }
  return rows;
}

async function runRound(
  work: string,
  code: string,
  { plain, granted }: Sides,
  backwards: boolean
): Promise<Row> {
  const took = new Map<Kernels, number>();
  for (const kernels of backwards ? [granted, plain] : [plain, granted]) {
    took.set(kernels, rounded((await kernels.run(code)).seconds, 3));
  }
  const [plainS, grantedS] = [took.get(plain)!, took.get(granted)!];
  return { work, plainS, grantedS, ratio: rounded(grantedS / plainS, 3) };
}
