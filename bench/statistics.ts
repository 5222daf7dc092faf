/** The middle of a measurement, and its bad end. */
export type Quantiles = { readonly p50: number; readonly p99: number };

/** The value below which a fraction of all lies, nearest rank; NaN of nothing. */
export function quantile(values: readonly number[], fraction: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(fraction * sorted.length) - 1)] ?? NaN;
}

/** The lower one of the two in the middle where there are two; NaN of nothing. */
export function median(values: readonly number[]): number {
  return quantile(values, 0.5);
}

/** Both, with so many digits behind the point. */
export function quantilesOf(values: readonly number[], digits: number): Quantiles {
  return {
    p50: rounded(quantile(values, 0.5), digits),
    p99: rounded(quantile(values, 0.99), digits)
  };
}

/** NaN of nothing. */
export function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** A figure as it is told: with so many digits behind the point. */
export function rounded(value: number, digits: number): number {
  return Number(value.toFixed(digits));
}
