import type { Blocker, Reason, Resource } from '../../protocol/view';
import type { HolderEntry, State } from '../state';
import { surrounds } from '../holder/trees';
import type { Found, InTheWay, Rest } from './inTheWay';

/** Why something does not fit now; `reason` is worked out only where it is shown. */
export type Obstacle = { readonly resource: Resource; readonly reason: () => Reason };

/** Name a holder as one who stands in the way, by what it runs or by what it keeps (GPU5). */
export function blockerOf(holder: HolderEntry, holds: string, keepsGpuBytes = 0): Blocker {
  const [entry] = holder.running;
  return {
    holderId: holder.holder.id,
    holderName: holder.holder.name,
    owner: holder.holder.owner,
    claimId: entry?.claim.id ?? holder.held?.claimId ?? null,
    label: entry?.claim.label ?? null,
    sinceMs: entry?.phase.grantedMs ?? holder.sinceMs,
    holds,
    keepsGpuBytes: entry ? 0 : keepsGpuBytes
  };
}

/** How many a reason names at most. */
const NAMED_MAX = 3;

/** Those who stand in the way: the first few by name, how many, and what others keep, in words. */
export type Blocking = {
  readonly blockers: readonly Blocker[];
  readonly count: number;
  /** Empty where there are no others. */
  readonly rest: string;
};

/** Nobody in particular. */
export const NOBODY: Blocking = { blockers: [], count: 0, rest: '' };

/** A reason in words: what is needed, who has it, and what others keep. */
export function reasonOf(
  resource: Resource,
  need: string,
  { blockers, count, rest }: Blocking,
  otherwise: string
): Reason {
  const named = blockers.slice(0, NAMED_MAX);
  const more = count - named.length;
  const parts = named.map((it, i) => `${it.holds} ${i === 0 ? 'held by' : 'by'} ${it.holderName}`);
  const held = enumerated(more > 0 ? [...parts, `${more} more`] : parts);
  const why = [held, rest].filter(part => part !== '').join('; ') || otherwise;
  return { resource, sentence: `for ${need}; ${why}`, blockers: named };
}

/** `a`, `a and b`, `a, b and c`. */
function enumerated(parts: readonly string[]): string {
  return [parts.slice(0, -1).join(', '), ...parts.slice(-1)].filter(Boolean).join(' and ');
}

/** Those in the way of somebody, in words: what was granted somebody asked for, the rest was measured. */
export function blockingOf(
  { named, count, rest }: InTheWay,
  inWords: (amount: number, isGranted: boolean) => string
): Blocking {
  const blockers = named.map(it => blockerOf(it.holder, inWords(it.amount, it.isGranted)));
  return { blockers, count, rest: restInWords(rest, amount => inWords(amount, false)) };
}

/** What those keep who are not worth a name: `idle kernels keep 676 MiB`. */
export function restInWords(
  { count, amount, isIdle }: Rest,
  inWords: (amount: number) => string
): string {
  if (count === 0) {
    return '';
  }
  return count === 1
    ? `${isIdle ? 'an idle' : 'another'} kernel keeps ${inWords(amount)}`
    : `${isIdle ? 'idle' : 'other'} kernels keep ${inWords(amount)}`;
}

/** Holders other than this one and those around it that have some of a resource. */
export function* othersHolding(
  state: State,
  self: HolderEntry,
  amountOf: (holder: HolderEntry) => number,
  isGranted: (holder: HolderEntry) => boolean
): Iterable<Found> {
  for (const holder of state.holders.values()) {
    const amount = surrounds(holder, self) ? 0 : amountOf(holder);
    if (amount > 0) {
      yield { holder, amount, isGranted: isGranted(holder) };
    }
  }
}
