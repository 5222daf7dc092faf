/** What past executions of one key (a source, a cell, a notebook, a user) used; bounded. */
export type Profile = {
  /** CPUs that it wants: the peak while nothing limited it; null while unknown. */
  cpus: number | null;
  /** Threads per CPU of share that suit it (CPU3); null while unknown. */
  threadsPerShare: number | null;
  /** How many whole runs its CPUs are known from. */
  runs: number;
  /** How long its last {@link TIMES_MAX} whole runs took, newest first. */
  readonly tookMs: number[];
  /** Memory that each of its last runs added to what its holder kept before, newest first. */
  readonly addedBytes: number[];
  /** The most GPU memory that its holder had in each of them, newest first. */
  readonly gpuBytes: number[];
};

/** How many running times of a key are remembered. */
const TIMES_MAX = 5;

/** How many amounts of a key are remembered: enough for a quantile (quantile.ts), few enough to scan. */
const AMOUNTS_MAX = 20;

/** One run, as measured; each amount null where it was not. */
export type Run = {
  /** Whether it completed: one that failed, or was interrupted, had more to do. */
  readonly isWhole: boolean;
  /** Null if it was not measured at all. */
  readonly cpu: CpuRun | null;
  readonly addedBytes: number | null;
  readonly gpuBytes: number | null;
};

/** What one run shows of its time and its CPUs. */
export type CpuRun = {
  readonly tookMs: number;
  readonly cpusPeak: number;
  /** Whether it ever used all that it could: then the peak shows little. */
  readonly wasLimited: boolean;
  /** CPU time over the time that its threads could have had; null if that is not meaningful. */
  readonly efficiency: number | null;
};

/** Nothing is known yet. */
export function createProfile(): Profile {
  return {
    cpus: null,
    threadsPerShare: null,
    runs: 0,
    tookMs: [],
    addedBytes: [],
    gpuBytes: []
  };
}

/**
 * Remember one run.
 *
 * #### Notes
 * An incomplete one shows only what is wanted at least: it may have ended before its long part,
 * or before its parallel one. So of it counts only what is above all that is known.
 */
export function recordRun(profile: Profile, { isWhole, cpu, addedBytes, gpuBytes }: Run): void {
  cpu && (isWhole ? afterWhole(profile, cpu) : afterPart(profile, cpu));
  remember(profile.addedBytes, addedBytes, isWhole);
  remember(profile.gpuBytes, gpuBytes, isWhole);
}

function afterWhole(profile: Profile, run: CpuRun): void {
  profile.cpus = peakAfter(profile.cpus, run);
  profile.threadsPerShare = threadsAfter(profile.threadsPerShare, run);
  profile.runs += 1;
  push(profile.tookMs, run.tookMs, TIMES_MAX);
}

function afterPart(profile: Profile, { cpusPeak }: CpuRun): void {
  profile.cpus &&= Math.max(profile.cpus, cpusPeak);
}

function remember(amounts: number[], amount: number | null, isWhole: boolean): void {
  if (amount !== null && (isWhole || isAbove(amounts, amount))) {
    push(amounts, amount, AMOUNTS_MAX);
  }
}

function isAbove(known: readonly number[], amount: number): boolean {
  return known.length > 0 && known.every(it => it < amount);
}

function push(list: number[], value: number, most: number): void {
  list.unshift(value);
  list.length > most && list.pop();
}

/** How much of an older, higher peak still counts after each lower one. */
const PEAK_KEPT = 0.7;

function peakAfter(known: number | null, run: CpuRun): number | null {
  if (run.wasLimited) {
    return known !== null && run.cpusPeak < known ? known : null;
  }
  return Math.max(run.cpusPeak, (known ?? 0) * PEAK_KEPT);
}

/** Range of threads per CPU of share: poor efficiency gets few, linear speed-up many. */
const THREADS_MIN = 1;
const THREADS_MAX = 1.5;
const EFFICIENCY_POOR = 0.5;

function threadsAfter(known: number | null, run: CpuRun): number | null {
  if (run.efficiency === null) {
    return known;
  }
  const good = Math.max(0, run.efficiency - EFFICIENCY_POOR) / (1 - EFFICIENCY_POOR);
  const seen = THREADS_MIN + Math.min(1, good) * (THREADS_MAX - THREADS_MIN);
  return known === null ? seen : (known + seen) / 2;
}
