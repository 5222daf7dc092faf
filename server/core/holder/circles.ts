import type { Detail } from '../../protocol/details';
import { refusal, type Refusal } from '../../protocol/errors';
import type { Wanted } from '../../protocol/facts';
import { refuseClaim } from '../claim/lifecycle';
import { exclusiveCount } from '../cpu/cpuCounts';
import { giveUpExpected, stopExpecting } from '../learn/correct';
import { othersInTheWay } from '../memory/promisable';
import { dropFromRoom, leaseIn, leaveRoom, roomOf, type Room } from '../queue/room';
import type { Lease, RunningEntry, WaitingEntry } from '../entries';
import type { State } from '../state';
import { isInside, outerClaims, surrounds } from './trees';
import type { Waits } from '../claim/waits';
import { amountInWords } from '../../protocol/amounts';

/**
 * ADM10: refuse a claim that would wait forever because those that hold what it
 * lacks wait for it, directly or in a cycle; of a cycle the one that closed it.
 *
 * #### Notes
 * The banker's algorithm: if every cell ends that waits for no other, does the room
 * that they leave suffice for the rest, one after another? While cells inside others run,
 * the room is estimated a little larger than it will be; so no claim is refused that might
 * proceed, and a cycle is detected at the latest when these cells have ended.
 * `waits` has what the claims lack that were just considered.
 */
export function breakCircles(state: State, waits: Waits): void {
  const stuckNow = () => stuckClaims(state, state.queue);
  for (let stuck = stuckNow(); stuck.length > 0; stuck = stuckNow()) {
    if (giveWay(state, stuck)) {
      continue;
    }
    const last = stuck.reduce((a, b) => (b.arrivedMs >= a.arrivedMs ? b : a));
    refuseClaim(state, last, whyStuck(last, (waits.get(last) ?? last.phase.reason).resource));
  }
}

/** LEARN4: no claim is refused for what a prediction waits for, or withholds: these give up. Returns whether any had one. */
function giveWay(state: State, stuck: readonly WaitingEntry[]): boolean {
  const waiting = stuck.filter(it => it.expectedBytes !== null);
  const around = expectingAround(stuck);
  waiting.forEach(it => stopExpecting(state, it));
  around.forEach(it => giveUpExpected(state, it));
  return waiting.length + around.length > 0;
}

function expectingAround(stuck: readonly WaitingEntry[]): readonly RunningEntry[] {
  const around = new Set(stuck.flatMap(outerClaims));
  return [...around].filter(it => it.phase.lease.expectedBytes !== null);
}

/** Why a claim that arrives now, and lacks this, would be refused for closing a cycle; null if not. */
export function whyInCircle(state: State, entry: WaitingEntry, lacks: Wanted): Refusal | null {
  const stuck = isInside(entry) ? stuckClaims(state, [...state.queue, entry]) : [];
  const givesWay = stuck.some(it => it.expectedBytes !== null) || expectingAround(stuck).length > 0;
  return stuck.includes(entry) && !givesWay ? whyStuck(entry, lacks) : null;
}

/** The waiting claims that the end of no cell will ever admit. */
function stuckClaims(state: State, queue: readonly WaitingEntry[]): readonly WaitingEntry[] {
  let waiting = queue.filter(isInside);
  if (waiting.length === 0) {
    return waiting;
  }
  const room = roomOf(state);
  // Other processes may end at any time, so a claim that waits for them is in no cycle (ADM14).
  room.memoryBytes += othersInTheWay(state);
  state.keeping.forEach(it => it.running.size || dropFromRoom(room, it, it.held!.lease));
  const running = new Set(state.accounts.isOn ? state.running : state.leasing);
  for (let before = -1; before !== waiting.length;) {
    before = waiting.length;
    const around = new Set(waiting.flatMap(outerClaims));
    leaveAll(room, running, around);
    waiting = waiting.filter(it => !fits(state, room, it, around));
  }
  leaveAll(room, running, new Set());
  // The rest waits for something other than cells: a GPU that is lost, or what idle kernels keep there.
  return waiting.filter(it => fits(state, room, it, new Set()));
}

/** Simulate the end of all cells except those around a waiting claim. */
function leaveAll(room: Room, running: Set<RunningEntry>, around: ReadonlySet<RunningEntry>): void {
  for (const entry of running) {
    if (!around.has(entry)) {
      leaveRoom(room, entry);
      running.delete(entry);
    }
  }
}

function fits(
  state: State,
  room: Room,
  entry: WaitingEntry,
  left: ReadonlySet<RunningEntry>
): boolean {
  // Memory blocks nobody if no other cell runs (ADM7).
  const isAlone = [...left].every(it => surrounds(it.holder, entry.holder));
  return leaseIn(state, isAlone ? { ...room, memoryBytes: Infinity } : room, entry) !== null;
}

function whyStuck(entry: WaitingEntry, resource: Wanted): Refusal {
  const { ask } = entry.claim;
  const outer = outerClaims(entry);
  const holds = outer.find(it => amountOf(it.phase.lease, resource) > 0) ?? outer[0]!;
  const [path, asked] = {
    cpus: [
      ask.exclusive ? 'exclusive' : 'cpus',
      ask.exclusive ? { kind: 'exclusive', count: exclusiveCount(ask) } : exclusiveCount(ask)
    ],
    memory: ['memory', amountInWords(ask.memoryBytes ?? 0)],
    gpus: ['gpus', ask.gpus],
    cells: ['cells', 1]
  }[resource] as [string, Detail];
  const held = heldOf(amountOf(holds.phase.lease, resource), resource);
  return refusal('INSIDE', { path, asked, outer: holds.holder.holder.name, held });
}

function amountOf(lease: Lease, resource: Wanted): number {
  const { allocation, memoryBytes, gpus } = lease;
  const cpus = allocation?.cpus.length ?? 0;
  return { cpus, memory: memoryBytes ?? 0, gpus: gpus.length, cells: 1 }[resource];
}

function heldOf(amount: number, resource: Wanted): Detail {
  if (amount === 0) {
    return { kind: 'none' };
  }
  switch (resource) {
    case 'cpus':
      return { kind: 'cpus', count: amount, isExclusive: false };
    case 'memory':
      return { kind: 'memory', bytes: amount };
    case 'gpus':
      return { kind: 'gpus', count: amount, eachBytes: null };
    case 'cells':
      return { kind: 'cells', count: amount };
  }
}
