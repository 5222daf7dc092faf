/** Tells the time of events: ms since the epoch, to the microsecond; never goes back. */
export interface IClock {
  nowMs(): number;
}

/**
 * The clock of this machine.
 *
 * #### Notes
 * Read once from the wall at the start and counted on by the monotone clock
 * since, so that a wall clock that is set back or forth moves no deadline. A
 * suspended machine's sleep is not counted.
 */
export function systemClock(): IClock {
  const startMs = Date.now() - performance.now();
  return { nowMs: () => Math.round((startMs + performance.now()) * 1000) / 1000 };
}
