import { firstDifference, compareText } from '../../lib/comparators';
import type { Blocker, Reason, Resource } from '../../protocol/view';
import type { HolderEntry, State } from '../state';
import { surrounds } from '../trees';

/** How many blockers a reason names at most. */
export const BLOCKERS_MAX = 8;

/** Why something does not fit now; `reason` is worked out only where it is shown. */
export type Obstacle = { readonly resource: Resource; readonly reason: () => Reason };

/** Name a holder as one who stands in the way, by what it runs or by what it keeps (GPU5). */
export function blockerOf(holder: HolderEntry, holds: string, keepsGpuBytes = 0): Blocker {
  const [entry] = holder.running;
  return {
    kernelId: holder.holder.id,
    kernelName: holder.holder.name,
    owner: holder.holder.owner,
    claimId: entry?.claim.id ?? holder.held?.claimId ?? null,
    label: entry?.claim.label ?? null,
    sinceMs: entry?.phase.grantedMs ?? holder.sinceMs,
    holds,
    keepsGpuBytes: entry ? 0 : keepsGpuBytes
  };
}

/** Those who stand in the way: the first few by name, and how many in all. */
export type Blocking = { readonly blockers: readonly Blocker[]; readonly count: number };

/** Nobody in particular. */
export const NOBODY: Blocking = { blockers: [], count: 0 };

/** A reason in words: what is needed, and who has it. */
export function reasonOf(
  resource: Resource,
  need: string,
  { blockers, count }: Blocking,
  otherwise: string
): Reason {
  const [first] = blockers;
  const more = count > 1 ? ` and ${count - 1} more` : '';
  const why = first ? `${first.holds} held by ${first.kernelName}${more}` : otherwise;
  return { resource, sentence: `for ${need}; ${why}`, blockers };
}

type Found = { readonly holder: HolderEntry; readonly amount: number };

const mostFirst = firstDifference<Found>(
  (a, b) => b.amount - a.amount,
  (a, b) => compareText(a.holder.holder.id, b.holder.holder.id)
);

/** Holders other than this one and those around it that have some of a resource, those with most first. */
export function othersHolding(
  state: State,
  self: HolderEntry,
  amountOf: (holder: HolderEntry) => number,
  inWords: (amount: number) => string
): Blocking {
  const most: Found[] = [];
  let count = 0;
  for (const holder of state.holders.values()) {
    const amount = surrounds(holder, self) ? 0 : amountOf(holder);
    const last = most[BLOCKERS_MAX - 1];
    count += amount > 0 ? 1 : 0;
    if (amount > 0 && (!last || mostFirst({ holder, amount }, last) < 0)) {
      most.push({ holder, amount });
      most.sort(mostFirst);
      most.length = Math.min(most.length, BLOCKERS_MAX);
    }
  }
  return { blockers: most.map(it => blockerOf(it.holder, inWords(it.amount))), count };
}
