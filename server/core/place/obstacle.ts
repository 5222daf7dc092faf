import { firstDifference, compareText } from '../../lib/comparators';
import type { Blocker, Reason, Resource } from '../../protocol/view';
import type { HolderEntry, State } from '../state';

/** How many blockers a reason names at most. */
export const BLOCKERS_MAX = 8;

/** Why something does not fit now; `reason` is worked out only where it is shown. */
export type Obstacle = { readonly resource: Resource; readonly reason: () => Reason };

/** Name a holder as one who stands in the way. */
export function blockerOf(holder: HolderEntry, holds: string): Blocker {
  const [entry] = holder.running;
  return {
    kernelId: holder.holder.id,
    kernelName: holder.holder.name,
    owner: holder.holder.owner,
    claimId: entry?.claim.id ?? holder.held?.claimId ?? null,
    label: entry?.claim.label ?? null,
    sinceMs: entry?.phase.grantedMs ?? holder.sinceMs,
    holds
  };
}

/** A reason in words: what is needed, and who has it. */
export function reasonOf(
  resource: Resource,
  need: string,
  blockers: readonly Blocker[],
  otherwise: string
): Reason {
  const named = blockers.slice(0, BLOCKERS_MAX);
  const [first] = named;
  const more = blockers.length > 1 ? ` and ${blockers.length - 1} more` : '';
  const why = first ? `${first.holds} held by ${first.kernelName}${more}` : otherwise;
  return { resource, sentence: `for ${need}; ${why}`, blockers: named };
}

/** Holders other than this one that have some of a resource, those with most first. */
export function othersHolding(
  state: State,
  self: HolderEntry,
  amountOf: (holder: HolderEntry) => number
): readonly { readonly holder: HolderEntry; readonly amount: number }[] {
  const found: { holder: HolderEntry; amount: number }[] = [];
  for (const holder of state.holders.values()) {
    const amount = holder === self ? 0 : amountOf(holder);
    amount > 0 && found.push({ holder, amount });
  }
  return found.sort(
    firstDifference(
      (a, b) => b.amount - a.amount,
      (a, b) => compareText(a.holder.holder.id, b.holder.holder.id)
    )
  );
}
