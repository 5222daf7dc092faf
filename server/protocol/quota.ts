/** How much of its parent a group is entitled to. */
export type Quota =
  /** CPUs, and the same fraction of everything else. */
  | { readonly kind: 'static'; readonly cpus: number }
  /** A fraction of the parent's, above 0 and up to 1. */
  | { readonly kind: 'fraction'; readonly of: number };

/** The most CPUs that a number may name. */
const CPUS_MAX = 65_536;

/** Parse a number of CPUs, or a part such as `50%`; undefined if it is neither. */
export function parseQuota(value: unknown): Quota | undefined {
  if (typeof value === 'number') {
    return { kind: 'static', cpus: value };
  }
  const percent = /^\s*(\d{1,6}(?:\.\d{1,6})?)\s*%\s*$/.exec(String(value));
  return percent ? { kind: 'fraction', of: Number(percent[1]) / 100 } : undefined;
}

/** A part or a number of the node's CPUs; other than a quota, never of nothing. */
export function parseCpus(value: unknown): Quota | undefined {
  const cpus = parseQuota(value);
  const n = cpus?.kind === 'static' ? cpus.cpus : (cpus?.of ?? 0);
  return n > 0 && n <= (cpus?.kind === 'static' ? CPUS_MAX : 1) ? cpus : undefined;
}
