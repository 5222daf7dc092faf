/** What past executions of one source used. */
export type Profile = {
  /** CPUs that it wants: the peak while nothing limited it; null while unknown. */
  readonly cpus: number | null;
  /** How long its last {@link TIMES_MAX} whole runs took, newest first. */
  readonly tookMs: readonly number[];
  /** Threads per CPU of share that suit it (CPU3); null while unknown. */
  readonly threadsPerShare: number | null;
};

/** Profiles by source hash, bounded; the least recently run is dropped first. */
export type Profiles = Map<string, Profile>;

/** How many sources are remembered. */
const PROFILES_MAX = 10_000;

/** How many running times of a source are remembered. */
const TIMES_MAX = 5;

/** One run of a source, as measured. */
export type Run = {
  /** Whether it completed: one that failed, or was interrupted, had more to do. */
  readonly isWhole: boolean;
  readonly tookMs: number;
  readonly cpusPeak: number;
  /** Whether it ever used all that it could: then the peak shows little. */
  readonly wasLimited: boolean;
  /** CPU time over the time that its threads could have had; null if that is not meaningful. */
  readonly efficiency: number | null;
};

/** How much of an older, higher peak still counts after each lower one. */
const PEAK_KEPT = 0.7;

/**
 * Remember one run of a source.
 *
 * #### Notes
 * An incomplete one shows only what the source wants at least:
 * it may have ended before its long part, or before its parallel one.
 */
export function recordRun(profiles: Profiles, sourceHash: string, run: Run): void {
  const known = profiles.get(sourceHash) ?? UNKNOWN;
  profiles.delete(sourceHash);
  profiles.set(sourceHash, run.isWhole ? afterWhole(known, run) : afterPart(known, run));
  if (profiles.size > PROFILES_MAX) {
    profiles.delete(profiles.keys().next().value!);
  }
}

const UNKNOWN: Profile = { cpus: null, tookMs: [], threadsPerShare: null };

function afterWhole(known: Profile, run: Run): Profile {
  return {
    cpus: peakAfter(known.cpus, run),
    tookMs: [run.tookMs, ...known.tookMs].slice(0, TIMES_MAX),
    threadsPerShare: threadsAfter(known.threadsPerShare, run)
  };
}

function afterPart(known: Profile, { cpusPeak }: Run): Profile {
  return { ...known, cpus: known.cpus === null ? null : Math.max(known.cpus, cpusPeak) };
}

function peakAfter(known: number | null, run: Run): number | null {
  if (run.wasLimited) {
    return known !== null && run.cpusPeak < known ? known : null;
  }
  return Math.max(run.cpusPeak, (known ?? 0) * PEAK_KEPT);
}

/** Range of threads per CPU of share: poor efficiency gets few, linear speed-up many. */
const THREADS_MIN = 1;
const THREADS_MAX = 1.5;
const EFFICIENCY_POOR = 0.5;

function threadsAfter(known: number | null, run: Run): number | null {
  if (run.efficiency === null) {
    return known;
  }
  const good = Math.max(0, run.efficiency - EFFICIENCY_POOR) / (1 - EFFICIENCY_POOR);
  const seen = THREADS_MIN + Math.min(1, good) * (THREADS_MAX - THREADS_MIN);
  return known === null ? seen : (known + seen) / 2;
}

/**
 * How long a source is expected to run, in ms; null if it never completed.
 *
 * #### Notes
 * The average of the last two runs, which plans a queue well (Tsafrir et al.)
 * because it is there early, and a wrong one costs little. It is no figure for
 * people: see {@link usualMs}.
 */
export function expectedMs(profile: Profile | undefined): number | null {
  const lastTwo = profile?.tookMs.slice(0, 2) ?? [];
  return lastTwo.length ? lastTwo.reduce((sum, ms) => sum + ms, 0) / lastTwo.length : null;
}

/** A running time is shown only if this many runs agree, the longest within this factor. */
const AGREEING_MIN = 3;
const AGREEING_FACTOR = 2;

/** The range of the newest runs that agree, and how many these are. */
export type Usual = { readonly fromMs: number; readonly toMs: number; readonly runs: number };

/** How long a source usually runs; null if its last runs disagree or are too few. */
export function usualMs(profile: Profile | undefined): Usual | null {
  let usual: Usual = { fromMs: Infinity, toMs: 0, runs: 0 };
  for (const ms of profile?.tookMs ?? []) {
    const fromMs = Math.min(usual.fromMs, ms);
    const toMs = Math.max(usual.toMs, ms);
    if (toMs > fromMs * AGREEING_FACTOR) {
      break; // the runs before were of another kind: cold, or on other data
    }
    usual = { fromMs, toMs, runs: usual.runs + 1 };
  }
  return usual.runs >= AGREEING_MIN ? usual : null;
}
