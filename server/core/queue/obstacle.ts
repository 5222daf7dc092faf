import type { Wanted, Blocker, Holding, Need, Reason, Rest } from '../../protocol/facts';
import type { Account, HolderEntry } from '../entries';
import type { State } from '../state';
import { named } from '../claim/story';
import { surrounds } from '../holder/trees';
import type { Found, InTheWay } from './inTheWay';

/** Why something does not fit now; `reason` is computed only where it is shown. */
export type Obstacle = {
  readonly resource: Wanted;
  /** Whose cap it is (CAP2); absent if the node lacks something. */
  readonly cap?: Account | null;
  readonly reason: () => Reason;
};

/** The name of a queue: each resource has one, and each cap has its own. */
export function lineOf({ resource, cap }: Omit<Obstacle, 'reason'>): string {
  return cap ? cap.lines[resource] : resource;
}

/** Name a holder as a blocker, by what it runs or by what it keeps (GPU5). */
export function blockerOf(holder: HolderEntry, holds: Holding): Blocker {
  const [entry] = holder.running;
  return {
    ...named(holder),
    claimId: entry?.claim.id ?? holder.held?.claimId ?? null,
    label: entry?.claim.label ?? null,
    sinceMs: entry?.phase.grantedMs ?? holder.sinceMs,
    holds,
    keepsGpuBytes: entry || holds.kind !== 'gpuMemory' ? 0 : holds.bytes
  };
}

/** How many a reason names at most. */
const NAMED_MAX = 3;

/** The blockers. */
export type Blocking = {
  /** The named ones, up to the limit. */
  readonly blockers: readonly Blocker[];
  /** How many would be named. */
  readonly count: number;
  readonly rests: readonly Rest[];
  /** What processes other than kernels hold (ADM14); null if that does not matter. */
  readonly othersBytes: number | null;
};

/** Why a need cannot be met, if there are blockers; null if there are none. */
export function heldReason(
  resource: Wanted,
  need: Need,
  { blockers, count, rests, othersBytes }: Blocking
): Reason | null {
  return count === 0 && rests.length === 0 && othersBytes === null
    ? null
    : { kind: 'held', resource, need, ...leadingOf(blockers, count), rests, othersBytes };
}

/** The blockers that are named, and how many more there are (API4). */
export function leadingOf(
  all: readonly Blocker[],
  count: number
): { readonly blockers: readonly Blocker[]; readonly more: number } {
  const blockers = all.slice(0, NAMED_MAX);
  return { blockers, more: count - blockers.length };
}

/** The blockers of a claim, and what each has. */
export function blockingOf(
  { named: worthy, count, rest }: InTheWay,
  holdingOf: (amount: number, isGranted: boolean) => Holding
): Blocking {
  const { count: others, amount, ...what } = rest;
  return {
    blockers: worthy.map(it => blockerOf(it.holder, holdingOf(it.amount, it.isGranted))),
    count,
    rests: others > 0 ? [{ ...what, count: others, keeps: holdingOf(amount, false) }] : [],
    othersBytes: null
  };
}

/** Holders that have some of a resource, except this one and those around it. */
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
