import type { GateBounds } from '../gates/server';

/** What one user may have of the sidecar, so that no user can exhaust it (SEC9). */
export type UserBounds = {
  readonly gates: GateBounds;
  /** Connections to the API. */
  readonly api: number;
};

/** Descriptors that the sidecar needs for itself: files, programs that it runs, pipes. */
const OWN_DESCRIPTORS = 128;

/** Claims of one user: so many can wait without a decision's getting slow for others. */
const CLAIMS_MAX = 1024;

/** How many users can take all that they may at once, and leave something to others. */
const GREEDY_USERS = 8;

/**
 * For how long the gates of one user are heard in a turn of the event loop, in ms, where there
 * are others: some twenty claims.
 */
const TURN_MS = 1;

/** What one user may have, where so many descriptors may be open, and some are left to look at kernels with. */
export function boundsOf(descriptors: number, isShared: boolean): UserBounds {
  const left = Math.max(16, descriptors - OWN_DESCRIPTORS);
  const api = Math.min(1024, Math.floor(left / 4));
  const gates = Math.min(4096, left - api);
  return isShared
    ? {
        gates: {
          connectionsMax: Math.max(16, Math.floor(gates / GREEDY_USERS)),
          turnMs: TURN_MS,
          claimsMax: CLAIMS_MAX
        },
        api: Math.max(8, Math.floor(api / GREEDY_USERS))
      }
    : { gates: { connectionsMax: gates, turnMs: Infinity, claimsMax: Infinity }, api };
}
