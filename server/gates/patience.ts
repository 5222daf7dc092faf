/** Between these, in ms, what has come is read. */
const PART_MS = 500;

/**
 * Calls `act` when this process could have heard for so long, in ms; returns the undo.
 *
 * #### Notes
 * A process that was stopped, or whose machine slept, finds its timers due before it has read
 * what came meanwhile. So the time is counted in parts, and one that took twice as long counts
 * for nothing (GATE8).
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
