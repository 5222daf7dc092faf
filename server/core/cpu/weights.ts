import { UNCONFINED } from '../effects';
import { freshSeniority, relativeSeniority } from '../policy/seniority';
import { levelIn, reachOf } from '../policy/shareTree';
import type { HolderEntry } from '../entries';
import type { State } from '../state';

/** The range of weights that every tier understands. */
const WEIGHT_MIN = 1;
const WEIGHT_MAX = 10_000;

/** A weight is rewritten only if it is off by more than this fraction. */
const WORTH_WRITING = 0.1;

/** The level that weights are relative to: a fresh cell of the busiest user; 0 for none. */
export function weightLevel(state: State): number {
  const { busiest } = state.shares;
  const isNeeded = state.policy === 'dynamic' && state.isShort && state.node?.sharesByWeight;
  return isNeeded && busiest ? levelIn(state.shares, busiest) * freshSeniority(busiest) : 0;
}

/**
 * The weight of a holder (CPU3, CPU7): what its cells could reach in the tree of
 * shares, and how long they ran. The host's scheduler then reaches the
 * max-min shares by itself, and lends what is not used.
 *
 * #### Notes
 * Set only while cells want more than there is: on a quiet node a weight has no
 * effect, so it is left as it is. Fresh cells of the busiest user have the
 * default, so that a short cell needs no write if all users are alike.
 */
export function weightFor(state: State, holder: HolderEntry, level: number): number {
  if (holder.running.size === 0 || state.policy !== 'dynamic' || !state.node?.sharesByWeight) {
    return UNCONFINED.weight;
  }
  if (!(level > 0)) {
    return holder.confined.weight;
  }
  let weight = 0;
  for (const { phase } of holder.running) {
    const { leaf } = phase;
    const reach = leaf ? reachOf(state.shares, leaf) * relativeSeniority(leaf) : level;
    weight += (UNCONFINED.weight * reach) / level;
  }
  const target = Math.round(Math.max(WEIGHT_MIN, Math.min(WEIGHT_MAX, weight)));
  const off = Math.abs(target / holder.confined.weight - 1);
  return off > WORTH_WRITING ? target : holder.confined.weight;
}
