import { spawn, type ChildProcess } from 'node:child_process';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { Stage } from '../server/testing/stage';
import { exitOf, type TestSidecar } from '../server/testing/sidecar';
import type { Result } from './bench';
import { lookForPacking } from './machine';
import { count, only, seed, type Chosen } from './options';
import { environmentOf, python, ROOT } from './python';
import {
  barsOf,
  combinations,
  judge,
  NOTEBOOKS,
  type Letter,
  type Row,
  type Runs,
  type Scheduler
} from './slowdowns';
import { mean, rounded } from './statistics';

export { BARS } from './slowdowns';

/**
 * Time between cells: after a `part` of them, exponential around `meanS`; a `longPart` of those is `longS`.
 *
 * #### Notes
 * After Arkouda's log: 1.5 % of commands are followed by think time, whose mean of 15 s is made by few very long
 * ones (0.03 % of 40,000 s, the others 3 s on average). Everything is scaled down, so that a run has some.
 */
const THINKS = {
  none: { part: 0 },
  trace: { part: 0.15, meanS: 0.3, longPart: 0.003, longS: 10 },
  overnight: { part: 0.05, meanS: 0.3, longPart: 1, longS: 8 }
} as const;
type Think = keyof typeof THINKS;

export const OPTIONS = {
  runs: count('runs of each notebook in each combination, at least', 3, 1),
  only: only(
    'one combination',
    combinations().map(it => it.join(''))
  ),
  think: only('one kind of time between cells', Object.keys(THINKS)),
  seed: seed()
};

type Notebooks = Result & {
  readonly cpus: number;
  /** Whether the machine's scheduler packs threads: then os-spread stands beside naive. */
  readonly packsThreads: boolean | null;
  readonly aloneS: Readonly<Record<Letter, number>>;
};

/**
 * Real notebooks on real kernels, driven as by nbclient: under the operating system, and under Cellgrant's
 * policies, in turns.
 *
 * #### Notes
 * Each is looped until all of a combination ran often enough; only runs beside all others count. A run takes the sum
 * of its cells, from request to reply, without the time between them.
 */
export async function run(chosen: Chosen<typeof OPTIONS>): Promise<Notebooks> {
  const packsThreads = await lookForPacking();
  const stage = new Stage();
  const sides = await startSides(stage, packsThreads !== false);
  try {
    const aloneS = await measureAlone(sides.naive, chosen);
    const rows: Row[] = [];
    for (const [at, setting] of settingsOf(chosen).entries()) {
      rows.push(...(await compare(setting, sides, { ...chosen, aloneS, isTurned: at % 2 === 1 })));
    }
    return { bars: barsOf(rows, cpus().length), rows, cpus: cpus().length, packsThreads, aloneS };
  } finally {
    await Promise.all([...new Set(Object.values(sides.books))].map(it => it.stop()));
    await stage.clear();
  }
}

const JSON_BODY = { 'content-type': 'application/json' };

/** Kernels of all notebooks, and what shares the node among them. */
type Sides = {
  readonly naive: Books;
  readonly books: Readonly<Partial<Record<Scheduler, Books>>>;
  readonly sidecar: TestSidecar;
};

async function startSides(stage: Stage, withSpread: boolean): Promise<Sides> {
  const sidecar = await stage.sidecar();
  const naive = await Books.start(null, 'anywhere');
  const spread = withSpread ? { 'os-spread': await Books.start(null, 'spread') } : {};
  const granted = await Books.start(sidecar, 'anywhere');
  const books = { naive, ...spread, partitioned: granted, dynamic: granted };
  return { naive, books, sidecar };
}

type Setting = { readonly letters: readonly Letter[]; readonly think: Think };

function settingsOf({ only: one, think }: Chosen<typeof OPTIONS>): readonly Setting[] {
  const thinks = (Object.keys(THINKS) as Think[]).filter(it => think === null || it === think);
  return thinks.flatMap(it =>
    combinations()
      .filter(letters => one === null || letters.join('') === one)
      .map(letters => ({ letters, think: it }))
  );
}

async function measureAlone(
  books: Books,
  { runs, seed: from }: Chosen<typeof OPTIONS>
): Promise<Record<Letter, number>> {
  const aloneS = {} as Record<Letter, number>;
  for (const letter of Object.keys(NOTEBOOKS) as Letter[]) {
    const ran = await books.run({ letters: [letter], think: 'none' }, runs + 1, from);
    aloneS[letter] = rounded(mean(ran.runs[letter]!), 4);
  }
  return aloneS;
}

async function compare(
  setting: Setting,
  { books, sidecar }: Sides,
  how: Chosen<typeof OPTIONS> & { readonly aloneS: Notebooks['aloneS']; readonly isTurned: boolean }
): Promise<Row[]> {
  const rows: Row[] = [];
  const schedulers = Object.keys(books) as Scheduler[];
  for (const scheduler of how.isTurned ? schedulers.reverse() : schedulers) {
    const policy = scheduler === 'partitioned' ? scheduler : 'dynamic';
    await sidecar.ask('PUT', '/api/v1/policy', JSON.stringify({ policy }), JSON_BODY);
    const { runs, peakBytes } = await books[scheduler]!.run(setting, how.runs, how.seed);
    const names = { combination: setting.letters.join(''), think: setting.think, scheduler };
    const row = { ...names, ...judge(runs, how.aloneS), peakMemoryMb: Math.round(peakBytes / 1e6) };
    process.stderr.write(`${row.combination}, ${row.think}, ${scheduler}: ANTT ${row.antt}\n`);
    rows.push(row);
  }
  return rows;
}

/** One kernel for each notebook, each of which ran it once. */
class Books {
  private constructor(
    private readonly child: ChildProcess,
    private readonly answers: AsyncIterator<string>
  ) {}

  static async start(sidecar: TestSidecar | null, placement: string): Promise<Books> {
    const paths = Object.values(NOTEBOOKS).map(({ name }) => join(FOLDER, `${name}.ipynb`));
    const args = [sidecar ? 'cellgrant' : 'plain', LIBRARIES, placement, ...paths];
    const child = spawn(python(), [join(ROOT, 'bench', 'notebooks.py'), ...args], {
      env: sidecar ? environmentOf(sidecar) : process.env,
      stdio: ['pipe', 'pipe', 'ignore']
    });
    const answers = createInterface({ input: child.stdout! })[Symbol.asyncIterator]();
    await answerOf(answers);
    return new Books(child, answers);
  }

  /** Run these side by side, each at least so often; seconds of each run. */
  async run(
    { letters, think }: Setting,
    runs: number,
    from: number
  ): Promise<{ readonly runs: Runs; readonly peakBytes: number }> {
    const notebooks = letters.map(it => NOTEBOOKS[it].name);
    const order = { notebooks, runs, think: THINKS[think], seed: from };
    this.child.stdin!.write(`${JSON.stringify(order)}\n`);
    const ran = (await answerOf(this.answers)) as {
      readonly runs: Record<string, readonly (readonly number[])[]>;
      readonly peakBytes: number;
    };
    const seconds = letters.map(it => [it, ran.runs[NOTEBOOKS[it].name]!.map(sum)] as const);
    return { runs: Object.fromEntries(seconds), peakBytes: ran.peakBytes };
  }

  async stop(): Promise<void> {
    this.child.stdin!.end();
    await exitOf(this.child);
  }
}

const FOLDER = join(ROOT, 'bench', 'notebooks');

/** A Python with scikit-learn, made by `npm run bench -- notebooks`. */
const LIBRARIES = join(ROOT, '.venv-libraries', 'bin', 'python');

async function answerOf(answers: AsyncIterator<string>): Promise<unknown> {
  const { value, done } = await answers.next();
  if (done) {
    throw new Error('the notebooks failed; run bench/notebooks.py by hand to see why');
  }
  return JSON.parse(value as string);
}

function sum(values: readonly number[]): number {
  return values.reduce((total, it) => total + it, 0);
}
