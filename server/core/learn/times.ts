import type { Forecast } from '../../protocol/prediction';

/**
 * How long something is expected to run, in ms, from its last times, newest first; null if it
 * never completed.
 *
 * #### Notes
 * The average of the last two runs, which plans a queue well (Tsafrir et al.)
 * because it is there early, and a wrong one costs little. It is no figure for
 * people: see {@link usualMs}.
 */
export function expectedMs(tookMs: readonly number[]): number | null {
  const [last, before = last] = tookMs;
  return last === undefined ? null : (last + before!) / 2;
}

/** A running time is shown only if this many runs agree, the longest within this factor. */
const AGREEING_MIN = 3;
const AGREEING_FACTOR = 2;

/** How long it usually runs, as the range of the newest runs that agree; null if these are too few. */
export function usualMs(tookMs: readonly number[]): Forecast | null {
  let usual: Forecast = { fromMs: Infinity, toMs: 0, runs: 0 };
  for (const ms of tookMs) {
    const fromMs = Math.min(usual.fromMs, ms);
    const toMs = Math.max(usual.toMs, ms);
    if (toMs > fromMs * AGREEING_FACTOR) {
      break; // the runs before were of another kind: cold, or on other data
    }
    usual = { fromMs, toMs, runs: usual.runs + 1 };
  }
  return usual.runs >= AGREEING_MIN ? usual : null;
}
