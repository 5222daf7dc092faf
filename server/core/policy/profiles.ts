/** What past executions of one source used; newest runs weigh most. */
export type Profile = {
  runs: number;
  /** Peak of CPUs busy at once. */
  cpus: number;
  /** Running time of the last two runs, newest first: a good predictor (Tsafrir et al.). */
  lastMs: readonly number[];
};

/** Profiles by source hash, bounded; the least recently used goes first. */
export type Profiles = Map<string, Profile>;

/** How many sources are remembered. */
export const PROFILES_MAX = 10_000;

/** No profiles yet. */
export function createProfiles(): Profiles {
  return new Map();
}

/** Remember one run of a source. */
export function recordRun(
  profiles: Profiles,
  sourceHash: string,
  run: { readonly tookMs: number; readonly cpusPeak: number }
): void {
  const known = profiles.get(sourceHash);
  profiles.delete(sourceHash);
  profiles.set(sourceHash, {
    runs: (known?.runs ?? 0) + 1,
    cpus: Math.max(run.cpusPeak, (known?.cpus ?? 0) * 0.7),
    lastMs: [run.tookMs, ...(known?.lastMs ?? [])].slice(0, 2)
  });
  if (profiles.size > PROFILES_MAX) {
    profiles.delete(profiles.keys().next().value!);
  }
}

/** How long a source is expected to run, in ms; null where it never ran. */
export function expectedMs(profile: Profile | undefined): number | null {
  return profile && profile.lastMs.length
    ? profile.lastMs.reduce((sum, ms) => sum + ms, 0) / profile.lastMs.length
    : null;
}
