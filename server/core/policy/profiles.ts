/** What past executions of one source used. */
export type Profile = {
  readonly runs: number;
  /** CPUs that it wants: the peak that was seen while nothing held it back; null while unknown. */
  readonly cpus: number | null;
  /** Running time of the last two runs, newest first: a good predictor (Tsafrir et al.). */
  readonly lastMs: readonly number[];
  /** Threads per CPU of share that suit it (CPU3); null while unknown. */
  readonly threadsPerShare: number | null;
};

/** Profiles by source hash, bounded; the least recently run goes first. */
export type Profiles = Map<string, Profile>;

/** How many sources are remembered. */
export const PROFILES_MAX = 10_000;

/** One run of a source, as it was measured. */
export type Run = {
  readonly tookMs: number;
  readonly cpusPeak: number;
  /** Whether it ever used all that it could have: then the peak says little. */
  readonly wasLimited: boolean;
  /** CPU time over the time that its threads could have had; null where that says nothing. */
  readonly efficiency: number | null;
};

/** How much of an older, higher peak is still believed after each lower one. */
const PEAK_KEPT = 0.7;

/** Remember one run of a source. */
export function recordRun(profiles: Profiles, sourceHash: string, run: Run): void {
  const known = profiles.get(sourceHash);
  profiles.delete(sourceHash);
  profiles.set(sourceHash, {
    runs: (known?.runs ?? 0) + 1,
    cpus: peakAfter(known?.cpus ?? null, run),
    lastMs: [run.tookMs, ...(known?.lastMs ?? [])].slice(0, 2),
    threadsPerShare: threadsAfter(known?.threadsPerShare ?? null, run)
  });
  if (profiles.size > PROFILES_MAX) {
    profiles.delete(profiles.keys().next().value!);
  }
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

/** How long a source is expected to run, in ms; null where it never ran. */
export function expectedMs(profile: Profile | undefined): number | null {
  return profile && profile.lastMs.length
    ? profile.lastMs.reduce((sum, ms) => sum + ms, 0) / profile.lastMs.length
    : null;
}
