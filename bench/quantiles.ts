/** The middle of a measurement, and its bad end. */
export type Quantiles = { readonly p50: number; readonly p99: number };

/** Of at least one value, to a tenth. */
export function quantilesOf(values: readonly number[]): Quantiles {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (share: number) => sorted[Math.min(sorted.length - 1, sorted.length * share) | 0]!;
  return { p50: tenths(at(0.5)), p99: tenths(at(0.99)) };
}

function tenths(value: number): number {
  return Math.round(value * 10) / 10;
}
