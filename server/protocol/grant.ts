import { formatCpuList, type CpuSet } from './cpuset';

/**
 * What a claim was given.
 *
 * #### Notes
 * `cpus` is a pinned set, or `null` if nothing is pinned and all CPUs of the
 * node are usable. `threads` is the size that thread pools are set to at the
 * cell's start, or `null` to leave the libraries' own sizes. `memoryBytes`
 * is the promised amount and the limit; `null` for none. `gpus` are UUIDs (GPU6). `asked`
 * means that the CPUs are those that the author asked for, not those that others left at
 * the moment.
 */
export type Grant = {
  readonly cpus: CpuSet | null;
  readonly threads: number | null;
  readonly memoryBytes: number | null;
  readonly gpus: readonly string[];
  readonly asked?: boolean | undefined;
};

/** A grant as sent to gates and clients, and as stored: its CPUs in list syntax (`0-3,8`). */
export type ToldGrant = Omit<Grant, 'cpus'> & { readonly cpus: string | null };

/** Format the CPUs of a grant. */
export function toldGrant(grant: Grant): ToldGrant {
  return { ...grant, cpus: listOrNull(grant.cpus) };
}

/** A set in list syntax; null, which means all CPUs, is unchanged. */
export function listOrNull(cpus: CpuSet | null): string | null {
  return cpus && formatCpuList(cpus);
}

/** How a process is confined to CPUs: by one of these or not at all. */
export type CpuPinning = {
  /**
   * The mask for every thread of the process; null in tiers that confine from
   * outside, where the gate must not touch masks.
   */
  readonly affinity: CpuSet | null;
  /** The CPUs that its cgroup allowed when this was sent, in tiers that confine from outside; null for all. */
  readonly cpuset: CpuSet | null;
};

/** Not confined. */
export const UNPINNED: CpuPinning = { affinity: null, cpuset: null };

/** The grant of a claim on a quiet node that asked for nothing. */
export const UNRESTRICTED: Grant & ToldGrant = {
  cpus: null,
  threads: null,
  memoryBytes: null,
  gpus: []
};
