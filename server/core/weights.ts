import { levelIn, reachOf } from './policy/shareTree';
import { UNCONFINED } from './effects';
import type { HolderEntry, RunningEntry, State } from './state';

/** CPU seconds that a cell runs in the fast lane, and how much more it weighs there (CPU7). */
export const FAST_CPU_SECONDS = 2;
export const FAST_BOOST = 8;

/** The range of weights that every tier understands. */
const WEIGHT_MIN = 1;
const WEIGHT_MAX = 10_000;

/** A weight is written anew only where it is off by more than this part. */
const WORTH_WRITING = 0.25;

/**
 * CPU7: how much more cells in the fast lane weigh, so that all of them together
 * have at most half of the node while others run; in octaves, so that it seldom
 * changes.
 */
export function fastBoost(state: State): number {
  const slow = state.running.size - state.fast;
  if (state.fast === 0 || slow === 0) {
    return 1;
  }
  const boost = Math.max(1, Math.min(FAST_BOOST, slow / state.fast));
  return 2 ** Math.floor(Math.log2(boost));
}

/** How much a running claim counts with, in reaches of a cell of the busiest user. */
function weightOf(state: State, entry: RunningEntry, level: number, boost: number): number {
  const { leaf, isFast } = entry.phase;
  return leaf ? ((isFast ? boost : 1) * reachOf(state.shares, leaf)) / level : 1;
}

/**
 * The weight of a holder (CPU3): what its cells could reach in the tree of
 * shares. The scheduler of the host then finds the max-min shares by itself,
 * and lends what is not used.
 *
 * #### Notes
 * Only where cells want more than there is: on a quiet node a weight says
 * nothing, so it is left as it is. The busiest user's cells have the default,
 * so that where everybody is alike nothing is written.
 */
export function weightFor(state: State, holder: HolderEntry): number {
  const { shares } = state;
  if (state.policy !== 'dynamic' || !state.node?.sharesByWeight || holder.running.size === 0) {
    return UNCONFINED.weight;
  }
  if (!state.isShort) {
    return holder.confined.weight;
  }
  const level = shares.busiest ? levelIn(shares, shares.busiest) : 0;
  if (!(level > 0)) {
    return UNCONFINED.weight;
  }
  const boost = fastBoost(state);
  let weight = 0;
  for (const entry of holder.running) {
    weight += UNCONFINED.weight * weightOf(state, entry, level, boost);
  }
  const target = Math.round(Math.max(WEIGHT_MIN, Math.min(WEIGHT_MAX, weight)));
  const off = Math.abs(target / holder.confined.weight - 1);
  return off > WORTH_WRITING ? target : holder.confined.weight;
}
