/** What has arrived is read at these intervals, in ms. */
const PART_MS = 500;

/**
 * Calls `act` after this process has been able to read for `ms` milliseconds; returns the undo.
 *
 * #### Notes
 * In a process that was stopped, or whose machine slept, timers fire before it has read what
 * arrived meanwhile. So the time is counted in parts, and a part that took twice as long does
 * not count (GATE8).
 */
export function afterHearing(ms: number, act: () => void): () => void {
  let leftMs = ms;
  let timer: NodeJS.Timeout;
  const listen = () => {
    const sinceMs = performance.now();
    timer = setTimeout(() => {
      leftMs -= performance.now() - sinceMs < 2 * PART_MS ? PART_MS : 0;
      leftMs > 0 ? listen() : act();
    }, PART_MS);
  };
  listen();
  return () => clearTimeout(timer);
}
