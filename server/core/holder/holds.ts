import type { StoryFact } from '../../protocol/storyFacts';
import type { Grant } from '../../protocol/grant';
import type { Effect, HeldGrant } from '../effects';
import type { Event } from '../events';
import { dropHold } from './leases';
import { fewest } from '../queue/fewest';
import { dropFromRoom, leaseIn, roomOf } from '../queue/room';
import { holdsOf, wantsOf } from '../queue/reserve';
import type { ClaimEntry, HolderEntry, Lease, WaitingEntry } from '../entries';
import type { State } from '../state';
import { named, tell } from '../claim/story';

/** Order that what holders keep is stored, if that changed in this step (ADM9). */
export function orderKept(state: State): Effect[] {
  const effects = Array.from(state.rekept, holder => ({
    type: 'keep' as const,
    holderId: holder.holder.id,
    kept: heldBy(state, holder)
  }));
  state.rekept.clear();
  return effects;
}

function heldBy(state: State, holder: HolderEntry): HeldGrant | null {
  const claim = state.claims.get(holder.held?.claimId ?? '')?.claim;
  const grant = heldGrant(holder);
  return claim && grant ? { claim, grant, sinceMs: holder.held!.sinceMs } : null;
}

/** What a holder keeps, as a grant; null for nothing. */
export function heldGrant({ held }: HolderEntry): Grant | null {
  if (!held) {
    return null;
  }
  const { allocation, memoryBytes, gpus } = held.lease;
  return { cpus: allocation && allocation.cpus, threads: null, memoryBytes, gpus };
}

/** ADM9: release kept grants that were unused for too long. */
export function expireHolds(state: State): void {
  const { holdIdleMs } = state.shares.sharing;
  for (const holder of state.keeping) {
    const idleMs = state.nowMs - (holder.held?.sinceMs ?? state.nowMs);
    if (holder.running.size === 0 && idleMs >= holdIdleMs) {
      tellHolding(state, holder, { kind: 'holdExpired', idleMs });
      dropHold(state, holder);
    }
  }
}

/** A person releases a kept grant; does nothing if none is kept. */
export function onHoldReleased(
  state: State,
  event: Pick<Extract<Event, { type: 'holdReleased' }>, 'holderId' | 'by'>
): void {
  const holder = state.holders.get(event.holderId);
  if (holder?.held) {
    tellHolding(state, holder, { kind: 'holdReleased', by: event.by.name });
    dropHold(state, holder);
  }
}

/** The claims that hold a reservation, in the order of the queue. */
export function headsOf(state: State): WaitingEntry[] {
  return state.queue.filter(entry => entry.phase.reservation !== null);
}

/**
 * ADM9: a kept grant goes to a head that asks for it, the longest idle first.
 *
 * #### Notes
 * Only if that is enough to start the head, and only those that are needed for
 * it. Returns whether any was released.
 */
export function askForHolds(state: State): boolean {
  return state.keeping.size > 0 && headsOf(state).some(head => askFor(state, head));
}

function askFor(state: State, head: WaitingEntry): boolean {
  const givers = giversTo(state, head);
  givers.forEach(it => handOver(state, it, head));
  return givers.length > 0;
}

/** The kept grants that would go to a head; none if it would not start even so. */
export function giversTo(state: State, head: WaitingEntry): readonly HolderEntry[] {
  const { holdSafeMs } = state.shares.sharing;
  const idle = [...state.keeping]
    .filter(it => it.running.size === 0 && sharesAny(it, head))
    .filter(it => state.nowMs - it.held!.sinceMs >= holdSafeMs)
    .sort((a, b) => a.held!.sinceMs - b.held!.sinceMs);
  return fewest(idle, holders => leaseWithout(state, holders, head) !== null);
}

/** What a claim would get if these released what they keep; null if that is not enough. */
export function leaseWithout(
  state: State,
  holders: readonly HolderEntry[],
  head: WaitingEntry
): Lease | null {
  const room = roomOf(state);
  holders.forEach(it => it.held && dropFromRoom(room, it, it.held.lease));
  return leaseIn(state, room, head);
}

function sharesAny({ held }: HolderEntry, head: ClaimEntry): boolean {
  const wants = wantsOf(head);
  return held !== null && holdsOf(held.lease).some(it => wants.includes(it));
}

function handOver(state: State, holder: HolderEntry, head: ClaimEntry): void {
  tellHolding(state, holder, { kind: 'holdWanted', by: named(head.holder) });
  dropHold(state, holder);
}

function tellHolding(state: State, holder: HolderEntry, fact: StoryFact): void {
  const keeper = state.claims.get(holder.held?.claimId ?? '');
  keeper && tell(state, keeper, fact);
}
