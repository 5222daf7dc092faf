import { LEVELS, type Basis, type Forecast, type Level } from '../../protocol/prediction';
import type { Predicted, Prediction } from '../../protocol/prediction';
import type { Keys, Learned } from './learned';
import type { Profile } from './profile';
import { safeQuantile } from './quantile';
import { expectedMs, usualMs } from './times';

/** Something that is predicted. */
type Quantity = {
  /** How many runs a profile knows it from. */
  readonly runs: (profile: Profile) => number;
  /** From how many on a level answers. */
  readonly enough: Readonly<Record<Level, number>>;
};

/**
 * How much memory is safe, other cells of a notebook or a user do tell.
 *
 * #### Notes
 * Of how parallel a cell is and how long it takes, they tell nothing, and a thread count cannot be
 * corrected once it is set (CPU3): so these are known of the same source or cell alone. Of a cell
 * whose source is new, CPUs are believed from its second run on.
 */
const AMOUNT_ENOUGH = { source: 1, cell: 1, notebook: 5, user: 10 };
const OWN_ENOUGH = { source: 1, cell: 1, notebook: Infinity, user: Infinity };
const CPUS_ENOUGH = { ...OWN_ENOUGH, cell: 2 };

const MEMORY: Quantity = { runs: it => it.addedBytes.length, enough: AMOUNT_ENOUGH };
const GPU_MEMORY: Quantity = { runs: it => it.gpuBytes.length, enough: AMOUNT_ENOUGH };
const TIME: Quantity = { runs: it => it.tookMs.length, enough: OWN_ENOUGH };
const CPUS: Quantity = { runs: it => (it.cpus === null ? 0 : it.runs), enough: CPUS_ENOUGH };
const THREADS: Quantity = {
  runs: it => (it.threadsPerShare === null ? 0 : it.runs),
  enough: CPUS_ENOUGH
};

type Known = Basis & { readonly profile: Profile };

/** The first level that knows enough of a quantity; null if none does (LEARN1). */
function knownOf({ profiles }: Learned, keys: Keys, { runs, enough }: Quantity): Known | null {
  for (const level of LEVELS) {
    const key = keys[level];
    const profile = key === null ? undefined : profiles[level].get(key);
    if (profile && runs(profile) >= enough[level]) {
      return { level, runs: runs(profile), profile };
    }
  }
  return null;
}

function predictedFrom(
  known: Known | null,
  amountOf: (profile: Profile) => number | null
): Predicted | null {
  const amount = known && amountOf(known.profile);
  return known && amount !== null ? { amount, level: known.level, runs: known.runs } : null;
}

/**
 * What an execution should use, whose holder keeps this much memory already; null if nothing is
 * known.
 */
export function predict(learned: Learned, keys: Keys, keptBytes: number): Prediction | null {
  const cpus = predictedFrom(knownOf(learned, keys, CPUS), it => it.cpus);
  const added = predictedFrom(knownOf(learned, keys, MEMORY), it => safeQuantile(it.addedBytes));
  const memoryBytes = added && { ...added, amount: keptBytes + added.amount };
  const gpuMemoryBytes = predictedFrom(knownOf(learned, keys, GPU_MEMORY), it =>
    safeQuantile(it.gpuBytes)
  );
  return cpus || memoryBytes || gpuMemoryBytes ? { cpus, memoryBytes, gpuMemoryBytes } : null;
}

/** How long an execution should run, in ms, for planning; null if nothing is known. */
export function expectedRunMs(learned: Learned, keys: Keys): number | null {
  return expectedMs(knownOf(learned, keys, TIME)?.profile.tookMs ?? []);
}

/** How long it runs, for people; null if its last runs disagree or are too few. */
export function usualRunMs(learned: Learned, keys: Keys): Forecast | null {
  return usualMs(knownOf(learned, keys, TIME)?.profile.tookMs ?? []);
}

/** Threads per CPU of share that suit it (CPU3); null if nothing is known. */
export function learnedThreads(learned: Learned, keys: Keys): number | null {
  return knownOf(learned, keys, THREADS)?.profile.threadsPerShare ?? null;
}
