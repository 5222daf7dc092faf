/** Threads per CPU of share until a source's own figure is learned (CPU3). */
export const THREADS_PER_SHARE = 2;

/** CPU3: threads of a cell at its start, `min(d, max(1, round(g*share)))`. */
export function moldedThreads(demand: number, share: number, g = THREADS_PER_SHARE): number {
  return Math.max(1, Math.min(Math.round(demand), Math.max(1, Math.round(g * share))));
}
