import type { Reason } from '../../protocol/facts';
import type { Event } from '../events';
import { headsOf } from '../holder/holds';
import { keptOn } from './gpuMemory';
import { keepersInTheWay, nameOf, strangerOn } from './gpus';
import type { ClaimEntry, HolderEntry } from '../entries';
import type { State } from '../state';
import { named, tell } from '../claim/story';

type Of<T extends Event['type']> = Extract<Event, { type: T }>;

/**
 * GPU5: an idle holder that keeps GPU memory which the head of the queue needs
 * is asked to release it.
 *
 * #### Notes
 * Once until it has run something again: what it could not release then it
 * cannot release now, and the search costs its process some work.
 */
export function askKeepers(state: State): void {
  for (const head of headsOf(state).filter(it => !it.phase.cap)) {
    for (const holder of keepersInTheWay(state, head.holder, head.claim.ask)) {
      if (askOnce(state, holder)) {
        tell(state, head, { kind: 'askedToFree', keeper: named(holder) });
      }
    }
  }
}

/**
 * GPU5: a lease of whole GPUs names no memory, so it waits for none; a holder that keeps
 * some there is asked at once to release what it can. What others hold there cannot
 * be reclaimed, and is reported (ADM14).
 */
export function askBeside(state: State, entry: ClaimEntry, uuids: readonly string[]): void {
  const gpus = (state.node?.gpus ?? []).filter(it => uuids.includes(it.uuid));
  const stranger = strangerOn(state, gpus, false);
  stranger && tell(state, entry, { kind: 'beside', stranger });
  for (const gpu of gpus) {
    for (const { holder, bytes } of keptOn(state, gpu, entry.holder)) {
      const keeper = named(holder);
      const isAsked = askOnce(state, holder);
      tell(state, entry, { kind: 'keptBeside', keeper, gpu: nameOf(gpu), bytes, isAsked });
    }
  }
}

/** A person asks; this may be repeated any number of times. */
export function onFreeWanted(state: State, { holderId }: Of<'freeWanted'>): void {
  const holder = state.holders.get(holderId);
  holder && ask(state, holder);
}

/** A waiting claim's owner asks for a restart; the newest request counts. */
export function onRestartWanted(state: State, event: Of<'restartWanted'>): void {
  const { holderId, claimId } = event;
  const holder = state.holders.get(holderId);
  const entry = state.claims.get(claimId);
  if (!holder || entry?.phase.state !== 'waiting' || holder.restartWanted?.claimId === claimId) {
    return;
  }
  holder.restartWanted = { claimId, atMs: state.nowMs, declined: false };
  tell(state, entry, { kind: 'restartAsked', keeper: named(holder) });
}

/** The owner of a holder declines; nothing happens to it. */
export function onRestartDeclined(state: State, { holderId }: Of<'restartDeclined'>): void {
  const holder = state.holders.get(holderId);
  if (!holder?.restartWanted || holder.restartWanted.declined) {
    return;
  }
  holder.restartWanted.declined = true;
  const entry = state.claims.get(holder.restartWanted.claimId);
  entry && tell(state, entry, { kind: 'restartDeclined', keeper: named(holder) });
}

/** GPU5: whether a claim with this reason waits for GPU memory that an idle kernel keeps. */
export function isKeptBy(holderId: string, { blockers }: Reason): boolean {
  return blockers.some(it => it.holderId === holderId && it.keepsGpuBytes > 0);
}

/** When a holder was asked since its last change of state; null if it was not. */
export function askedSince(holder: HolderEntry): number | null {
  const { askedToFreeMs, sinceMs } = holder;
  return askedToFreeMs !== null && askedToFreeMs >= sinceMs ? askedToFreeMs : null;
}

function askOnce(state: State, holder: HolderEntry): boolean {
  return askedSince(holder) === null && ask(state, holder);
}

/** Ask an idle holder, on the GPUs where it keeps something; returns whether there are any. */
function ask(state: State, holder: HolderEntry): boolean {
  const { id } = holder.holder;
  const gpus = [...state.gpuUse.values()]
    .filter(use => use.processes.some(it => it.holderId === id && it.memoryBytes > 0))
    .map(use => use.uuid);
  if (gpus.length === 0 || holder.running.size > 0) {
    return false;
  }
  holder.askedToFreeMs = state.nowMs;
  state.messages.push({ type: 'free', holderId: id, gpus });
  return true;
}
