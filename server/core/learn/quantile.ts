/** The chance with which the next amount should be covered, once enough are known. */
const COVERED = 0.9;

/** Added to a quantile: what allocators and the order of garbage collection change from run to run. */
const SPARE_PART = 0.1;
const SPARE_BYTES = 32 * 1024 ** 2;

/**
 * What the next amount will not exceed, probably, from earlier ones; null if there is none.
 *
 * #### Notes
 * Of n amounts in no particular order, the next one is at most the k-th smallest with
 * probability k / (n + 1). Up to 18 amounts that is the largest, and from 19 on the second largest, so
 * that one run that took very much is not held against a cell for ever.
 */
export function safeQuantile(amounts: readonly number[]): number | null {
  const n = amounts.length;
  if (n === 0) {
    return null;
  }
  const isLargest = Math.ceil(COVERED * (n + 1)) >= n;
  const safe = isLargest ? Math.max(...amounts) : secondLargest(amounts);
  return Math.round(safe * (1 + SPARE_PART) + SPARE_BYTES);
}

function secondLargest(amounts: readonly number[]): number {
  let [first, second] = [-Infinity, -Infinity];
  for (const it of amounts) {
    if (it > first) {
      [first, second] = [it, first];
    } else if (it > second) {
      second = it;
    }
  }
  return second;
}
