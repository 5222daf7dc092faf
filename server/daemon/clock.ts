/** The time of events: ms since the epoch, to the microsecond; never goes back. */
export interface IClock {
  nowMs(): number;
}

/**
 * The clock of this machine.
 *
 * #### Notes
 * Reads the wall clock once at the start, and the monotonic clock from then on,
 * so that setting the wall clock moves no deadline. Time during which the machine
 * is suspended is not counted.
 */
export function systemClock(): IClock {
  const startMs = Date.now() - performance.now();
  return { nowMs: () => Math.round((startMs + performance.now()) * 1000) / 1000 };
}
