import type { Resource } from '../../protocol/facts';
import { predictedEndMs, predictedRunMs } from '../cpu/demand';
import { cpusWaitedFor } from '../cpu/cpuCounts';
import { neededBytes, promisedIn } from '../learn/expected';
import { lacksOthersBytes } from '../memory/memory';
import { needsOf, sharesCap } from '../cap/needs';
import { changeRoom, fitsCaps, leaseIn, leaveRoom, neededFor, roomOf, type Room } from './room';
import type { ClaimEntry, Lease, Reservation, RunningEntry, WaitingEntry } from '../entries';
import type { State } from '../state';
import { isInside, outerClaims } from '../holder/trees';

/** How many running claims a reservation considers; those granted first. */
export const LOOKED_AT_MAX = 1024;

/** After this many have passed, nobody passes a head any more: wrong estimates must not starve it (ADM7). */
export const PASSES_MAX = 64;

/** Resources that a claim may wait for. */
export function wantsOf(entry: ClaimEntry): readonly Resource[] {
  const { ask } = entry.claim;
  const wants: Resource[] = [];
  ask.gpus > 0 && wants.push('gpus');
  neededBytes(entry) !== null && wants.push('memory');
  cpusWaitedFor(ask) > 0 && wants.push('cpus');
  return wants;
}

/**
 * Resources of a lease that others may wait for.
 *
 * #### Notes
 * It may have more than its claim waited for: fixed CPUs, or what an earlier cell kept (ADM9).
 */
export function holdsOf(lease: Lease): readonly Resource[] {
  const holds: Resource[] = [];
  lease.gpus.length > 0 && holds.push('gpus');
  promisedIn(lease) !== null && holds.push('memory');
  lease.promisedCpus > 0 && holds.push('cpus');
  return holds;
}

/** Whether a running claim holds anything that others queue for. */
export function hasQueued(lease: Lease): boolean {
  return holdsOf(lease).length > 0;
}

type End = { readonly entry: RunningEntry; readonly atMs: number };

/**
 * Running claims that hold something that queues, or that counts against the cap that a head
 * waits for, in order of their predicted ends; without those that do not end before it has run.
 */
function endsAhead(state: State, head: WaitingEntry): End[] {
  const ends: End[] = [];
  const around = new Set(outerClaims(head));
  for (const entry of head.phase.cap?.running ?? state.leasing) {
    around.has(entry) || ends.push({ entry, atMs: predictedEndMs(state, entry) });
    if (ends.length === LOOKED_AT_MAX) {
      break;
    }
  }
  return ends.sort(byTime);
}

function byTime(a: { readonly atMs: number }, b: { readonly atMs: number }): number {
  return a.atMs === b.atMs ? 0 : a.atMs - b.atMs; // two Infinities differ by NaN
}

/** Tells whether a head fits in a room: one that waits for a cap, below its caps, whatever the node has. */
function fitOfHead(state: State, head: WaitingEntry): (room: Room) => boolean {
  const needs = head.phase.cap && needsOf(head);
  return room => (needs ? fitsCaps(room, needs) : leaseIn(state, room, head) !== null);
}

/**
 * ADM6: when a head should start at the latest: when enough running claims
 * have ended, as predicted.
 */
export function reserve(state: State, head: WaitingEntry): Reservation {
  const room = roomOf(state);
  const fits = fitOfHead(state, head);
  const after: RunningEntry[] = [];
  let atMs = state.nowMs;
  for (const end of endsAhead(state, head)) {
    if (fits(room)) {
      break;
    }
    leaveRoom(room, end.entry);
    after.push(end.entry);
    atMs = Math.max(atMs, end.atMs);
  }
  if (!fits(room)) {
    atMs = Infinity; // it waits for more than the end of cells
  }
  return { atMs, after };
}

/** The room at the time of a reservation. */
function roomAt(state: State, reservation: Reservation): Room {
  const room = roomOf(state);
  for (const entry of reservation.after) {
    entry.phase.state === 'running' && leaveRoom(room, entry as RunningEntry);
  }
  return room;
}

/**
 * ADM6: whether a claim that fits now would delay a head's reservation.
 *
 * #### Notes
 * It does not if it should have ended by then, or if both fit at that time. A claim inside a
 * running cell only lets that cell end sooner (ADM10). Nobody delays a claim that waits for
 * others on the node (ADM14), however often it is passed: these may stay for days.
 */
export function wouldDelay(
  state: State,
  head: WaitingEntry,
  entry: WaitingEntry,
  lease: Lease
): boolean {
  const { reservation, passedBy, cap } = head.phase;
  if (!reservation || isInside(entry) || !competes(head, entry)) {
    return false;
  }
  const room = roomAt(state, reservation);
  const fits = fitOfHead(state, head);
  const waitsForMore = !fits(room);
  if (cap ? waitsForMore : lacksOthersBytes(state, head)) {
    return false; // what idle kernels keep counts against a cap, and these may stay for days, too
  }
  if (passedBy >= PASSES_MAX || wouldBind(head, entry, lease)) {
    return true;
  }
  if (isOverBy(state, entry, reservation) || waitsForMore) {
    return false; // for more than the end of cells it waits longer whatever this one does
  }
  changeRoom(room, lease, neededFor(entry, lease), 1);
  return !fits(room);
}

/** Whether a claim that starts now should have ended by a reservation's time. */
function isOverBy(state: State, entry: WaitingEntry, { atMs }: Reservation): boolean {
  const runMs = predictedRunMs(state, entry);
  return runMs !== null && atMs < Infinity && state.nowMs + runMs <= atMs;
}

/**
 * ADM6: a claim passes a head. One that should have ended by then joins the claims
 * whose end the head waits for, so that the next one to pass finds the same room.
 */
export function pass(state: State, head: WaitingEntry, entry: WaitingEntry): void {
  const { phase } = head;
  phase.passedBy += 1;
  if (phase.reservation && isOverBy(state, entry, phase.reservation)) {
    phase.reservation = { ...phase.reservation, after: [...phase.reservation.after, entry] };
  }
}

/** Whether the head's own kernel would be bound to GPUs, and so the head to no others (GPU2). */
function wouldBind(head: WaitingEntry, { holder }: WaitingEntry, lease: Lease): boolean {
  const isBound = holder.boundGpus.length >= lease.gpus.length;
  return holder === head.holder && head.claim.ask.gpus > 0 && !isBound;
}

/**
 * Whether a claim could take something from a head: what both want of the node, unless the head
 * waits for a cap, and so for nothing of the node (CAP2); or what both need of one cap.
 */
export function competes(head: WaitingEntry, entry: ClaimEntry): boolean {
  const wants = head.phase.cap ? [] : wantsOf(head);
  return wantsOf(entry).some(it => wants.includes(it)) || sharesCap(head, entry);
}
