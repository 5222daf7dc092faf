import type { GateBounds } from '../gates/server';
import { ALL } from '../gates/turns';
import type { Share } from '../lib/ration';

/** One user's limits in the sidecar, so that no user can exhaust it (SEC9). */
export type UserBounds = {
  readonly gates: GateBounds;
  /** Connections to the API. */
  readonly api: number;
};

/** File descriptors that the sidecar needs itself: files, programs that it runs, pipes. */
const OWN_DESCRIPTORS = 128;

/** Claims of one user: this many can wait without slowing decisions for others. */
const CLAIMS_MAX = 1024;

/** How many users can use up their limits at once, and leave something for others. */
const GREEDY_USERS = 8;

/**
 * The turn of one user's gates when there are other users: some twenty claims, then a pause, so that
 * a user who floods the sidecar does not get half of its time.
 */
const TURN: Share = { ms: 1, jobs: Infinity, pauseMs: 2 };

/** One user's limits when this many descriptors may be open, with some left for inspecting kernels. */
export function boundsOf(descriptors: number, isShared: boolean): UserBounds {
  const left = Math.max(16, descriptors - OWN_DESCRIPTORS);
  const api = Math.min(1024, Math.floor(left / 4));
  const gates = Math.min(4096, left - api);
  return isShared
    ? {
        gates: {
          connectionsMax: Math.max(16, Math.floor(gates / GREEDY_USERS)),
          turn: TURN,
          claimsMax: CLAIMS_MAX
        },
        api: Math.max(8, Math.floor(api / GREEDY_USERS))
      }
    : { gates: { connectionsMax: gates, turn: ALL, claimsMax: Infinity }, api };
}
