import type { Connection } from '../tokens';

/** After this long without an event the model polls, in ms. */
const QUIET_MS = 5_000;

/** The same while cells wait or run: somebody watches their clocks. */
const ACTIVE_QUIET_MS = 1_200;

/** How often a server that does not answer is polled, in ms: that costs it nothing. */
const LOST_MS = 2_000;

/** The state of the sidecar, and the time since it was last heard and polled, in ms. */
export type Silence = {
  readonly state: Connection['state'];
  readonly heardMs: number;
  readonly askedMs: number;
  /** Whether cells wait or run. */
  readonly isActive: boolean;
};

/** Whether it has been silent for so long that it should be polled. */
export function shouldAsk({ state, heardMs, askedMs, isActive }: Silence): boolean {
  switch (state) {
    case 'live':
      return heardMs >= (isActive ? ACTIVE_QUIET_MS : QUIET_MS);
    case 'lost':
      return askedMs >= LOST_MS;
    default:
      return true;
  }
}
