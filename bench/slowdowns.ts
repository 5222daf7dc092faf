import { barOf, defineBars, type Bar } from './bar';
import { mean, quantile, rounded } from './statistics';

/** Who shares the node: the operating system alone, or Cellgrant by one of its policies. */
export type Scheduler = 'naive' | 'os-spread' | 'partitioned' | 'dynamic';

/** The notebooks by letter, and how many CPUs each could use, at most two here: its one, or all. */
export const NOTEBOOKS = {
  A: { name: 'alternating', isWide: true },
  B: { name: 'serial', isWide: false },
  C: { name: 'parallel', isWide: true },
  D: { name: 'light', isWide: false }
} as const;

/** One of the notebooks. */
export type Letter = keyof typeof NOTEBOOKS;
const LETTERS = Object.keys(NOTEBOOKS) as Letter[];

/** All 15 combinations of the notebooks, each alone first. */
export function combinations(): readonly (readonly Letter[])[] {
  const sets = Array.from({ length: 2 ** LETTERS.length - 1 }, (_, at) =>
    LETTERS.filter((__, bit) => ((at + 1) >> bit) & 1)
  );
  return sets.sort((a, b) => a.length - b.length);
}

/** The demands of a combination fit a node with so many CPUs: nothing is to be gained, so nothing may be lost. */
export function isQuiet(letters: readonly Letter[], cpus: number): boolean {
  const demand = letters.reduce((sum, it) => sum + (NOTEBOOKS[it].isWide ? cpus : 1), 0);
  return letters.length === 1 || demand <= cpus;
}

/** How much slower one notebook was than alone without Cellgrant. */
type Slowdown = { readonly mean: number; readonly low: number; readonly high: number };

/** One combination under one scheduler. */
export type Row = {
  readonly combination: string;
  readonly think: string;
  readonly scheduler: Scheduler;
  /** Average normalised turnaround time: 1 is alone. */
  readonly antt: number;
  /** System throughput: what the notebooks got done together, in notebooks alone. */
  readonly stp: number;
  readonly slowdowns: Readonly<Partial<Record<Letter, Slowdown>>>;
  readonly peakMemoryMb: number;
};

/** Seconds of each run of each notebook. */
export type Runs = Readonly<Partial<Record<Letter, readonly number[]>>>;

/**
 * ANTT and STP as defined by Eyerman and Eeckhout (IEEE Micro 28(3), 2008).
 *
 * #### Notes
 * `alone` is the time of each notebook alone on the node without Cellgrant, in s.
 */
export function judge(
  runs: Runs,
  alone: Readonly<Record<Letter, number>>
): Pick<Row, 'antt' | 'stp' | 'slowdowns'> {
  const slowdowns: Partial<Record<Letter, Slowdown>> = {};
  for (const letter of LETTERS) {
    const ratios = (runs[letter] ?? []).map(seconds => seconds / alone[letter]);
    if (ratios.length) {
      slowdowns[letter] = {
        mean: rounded(mean(ratios), 3),
        low: rounded(quantile(ratios, 0), 3),
        high: rounded(quantile(ratios, 1), 3)
      };
    }
  }
  const means = Object.values(slowdowns).map(it => it.mean);
  const stp = means.reduce((sum, it) => sum + 1 / it, 0);
  return { antt: rounded(mean(means), 3), stp: rounded(stp, 3), slowdowns };
}

export const BARS = defineBars({
  quietRatio: {
    name: 'ANTT of a notebook alone, or of a light pair, over the better system without Cellgrant, the worst',
    unit: 'x',
    bound: 1.02,
    better: 'lower'
  },
  crowdedAnttRatio: {
    name: 'ANTT over the better system without Cellgrant, mean of the combinations that want more CPUs than there are',
    unit: 'x',
    bound: 0.9,
    better: 'lower'
  },
  worstAnttRatio: {
    name: 'the same, the worst of all combinations',
    unit: 'x',
    bound: 1.03,
    better: 'lower'
  }
});

/** The bars of these rows; those of which there is no row are left out. */
export function barsOf(rows: readonly Row[], cpus: number): readonly Bar[] {
  const ratios = rows
    .filter(it => it.scheduler === 'dynamic')
    .map(row => ({
      isQuiet: isQuiet([...row.combination] as Letter[], cpus),
      ratio: ratioOf(row, rows)
    }));
  const quiet = ratios.filter(it => it.isQuiet).map(it => it.ratio);
  const crowded = ratios.filter(it => !it.isQuiet).map(it => it.ratio);
  const all = ratios.map(it => it.ratio);
  return [
    ...(quiet.length ? [barOf(BARS.quietRatio, Math.max(...quiet), spreadOf(quiet))] : []),
    ...(crowded.length ? [barOf(BARS.crowdedAnttRatio, mean(crowded), spreadOf(crowded))] : []),
    ...(all.length ? [barOf(BARS.worstAnttRatio, Math.max(...all), spreadOf(all))] : [])
  ];
}

/** Against the better one of the systems without Cellgrant, on the same combination in the same run. */
function ratioOf({ combination, think, antt }: Row, rows: readonly Row[]): number {
  const systems = rows.filter(
    it =>
      it.combination === combination &&
      it.think === think &&
      (it.scheduler === 'naive' || it.scheduler === 'os-spread')
  );
  return antt / Math.min(...systems.map(it => it.antt));
}

function spreadOf(values: readonly number[]): readonly [number, number] {
  return [Math.min(...values), Math.max(...values)];
}
