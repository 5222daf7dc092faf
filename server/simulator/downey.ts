/**
 * How a cell speeds up with its threads, after Downey ("A parallel workload
 * model and its implications for processor allocation", 1997).
 *
 * #### Notes
 * `parallelism` is the average parallelism A >= 1, `variance` the coefficient
 * sigma >= 0: 0 is linear up to A, 1 bends early ("concave").
 */
export type Speedup = { readonly parallelism: number; readonly variance: number };

/**
 * How much faster `threads` threads, each on a CPU of its own, are than one.
 *
 * #### Notes
 * Below one CPU a single thread is time-shared: the result is `threads` itself.
 * The result grows with `threads` and never exceeds `parallelism`.
 */
export function speedup({ parallelism: A, variance: sigma }: Speedup, threads: number): number {
  const n = threads;
  if (n <= 1) {
    return Math.max(0, n);
  }
  if (sigma >= 1) {
    return n >= A + A * sigma - sigma ? A : (n * A * (sigma + 1)) / (sigma * (n + A - 1) + A);
  }
  if (n >= 2 * A - 1) {
    return A;
  }
  return n <= A
    ? (A * n) / (A + (sigma * (n - 1)) / 2)
    : (A * n) / (sigma * (A - 1 / 2) + n * (1 - sigma / 2));
}
