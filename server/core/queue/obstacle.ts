import type { Blocker, Holding, Need, Reason, Rest, Resource } from '../../protocol/facts';
import type { HolderEntry } from '../entries';
import type { State } from '../state';
import { named } from '../claim/story';
import { surrounds } from '../holder/trees';
import type { Found, InTheWay } from './inTheWay';

/** Why something does not fit now; `reason` is worked out only where it is shown. */
export type Obstacle = { readonly resource: Resource; readonly reason: () => Reason };

/** Name a holder as one who stands in the way, by what it runs or by what it keeps (GPU5). */
export function blockerOf(holder: HolderEntry, holds: Holding): Blocker {
  const [entry] = holder.running;
  return {
    ...named(holder),
    owner: holder.holder.owner,
    claimId: entry?.claim.id ?? holder.held?.claimId ?? null,
    label: entry?.claim.label ?? null,
    sinceMs: entry?.phase.grantedMs ?? holder.sinceMs,
    holds,
    keepsGpuBytes: entry || holds.kind !== 'gpuMemory' ? 0 : holds.bytes
  };
}

/** How many a reason names at most. */
const NAMED_MAX = 3;

/** Those who stand in the way. */
export type Blocking = {
  /** Those worth a name, as far as they may be named. */
  readonly blockers: readonly Blocker[];
  /** How many are worth a name. */
  readonly count: number;
  readonly rests: readonly Rest[];
  /** What others than kernels hold (ADM14); null where that does not matter. */
  readonly othersBytes: number | null;
};

/** Why a need cannot be met, where somebody is in the way; null where nobody is. */
export function heldReason(
  resource: Resource,
  need: Need,
  { blockers, count, rests, othersBytes }: Blocking
): Reason | null {
  const first = blockers.slice(0, NAMED_MAX);
  const more = count - first.length;
  return count === 0 && rests.length === 0 && othersBytes === null
    ? null
    : { kind: 'held', resource, blockers: first, need, more, rests, othersBytes };
}

/** Those in the way of somebody, and what each has. */
export function blockingOf(
  { named: worthy, count, rest }: InTheWay,
  holdingOf: (amount: number, isGranted: boolean) => Holding
): Blocking {
  const { count: others, isIdle, amount } = rest;
  return {
    blockers: worthy.map(it => blockerOf(it.holder, holdingOf(it.amount, it.isGranted))),
    count,
    rests: others > 0 ? [{ count: others, isIdle, keeps: holdingOf(amount, false) }] : [],
    othersBytes: null
  };
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
