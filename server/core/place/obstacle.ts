import type { Blocker, Reason, Resource } from '../../protocol/view';
import type { ClaimEntry, HolderEntry, State } from '../state';

/** How many blockers a reason names at most. */
export const BLOCKERS_MAX = 8;

/** Name a holder as one who stands in the way. */
export function blockerOf(holder: HolderEntry, holds: string): Blocker {
  const claim: ClaimEntry | undefined = [...holder.running][0];
  return {
    kernelId: holder.holder.id,
    kernelName: holder.holder.name,
    owner: holder.holder.owner,
    claimId: claim?.claim.id ?? holder.held?.claimId ?? null,
    label: claim?.claim.label ?? null,
    sinceMs: claim?.phase.state === 'running' ? claim.phase.grantedMs : holder.sinceMs,
    holds
  };
}

/** Why something does not fit now. */
export function obstacle(
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

/** Holders other than this one, those with the most first, with what they hold. */
export function othersHolding(
  state: State,
  self: HolderEntry,
  amountOf: (holder: HolderEntry) => number
): { readonly holder: HolderEntry; readonly amount: number }[] {
  return [...state.holders.values()]
    .filter(holder => holder !== self)
    .map(holder => ({ holder, amount: amountOf(holder) }))
    .filter(it => it.amount > 0)
    .sort((a, b) => b.amount - a.amount);
}
