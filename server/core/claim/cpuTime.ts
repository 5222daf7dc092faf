import type { Running } from '../entries';
import type { State } from '../state';
import { highest } from './peaks';

/** How much longer than a claim ran its gate may have counted, in ms. */
const GATE_DELAY_MS = 1000;

/**
 * The CPU time of an execution, in s: the larger of what was measured of its tree and what its gate
 * counted, if that is possible; null if neither is known.
 *
 * #### Notes
 * Neither counts anything twice, and each misses something: what is measured begins just after the
 * grant and may come in ticks; a gate counts itself, and children once they have ended.
 */
export function cpuSecondsOf(
  state: State,
  running: Running,
  gateSeconds: number | null
): number | null {
  const measured = running.cpuSecondsAtGrant === null ? null : running.cpuSeconds;
  const tookMs = state.nowMs - running.grantedMs + GATE_DELAY_MS;
  const possible = (tookMs / 1000) * (state.node?.cpus.length ?? Infinity);
  const counted = gateSeconds !== null && gateSeconds <= possible ? gateSeconds : null;
  return highest(measured, counted);
}
