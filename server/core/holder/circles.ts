import { refusal, type Refusal } from '../../protocol/errors';
import type { Resource } from '../../protocol/facts';
import { refuseClaim } from '../claim/lifecycle';
import { exclusiveCount } from '../cpu/cpuCounts';
import { othersInTheWay } from '../memory/promisable';
import { dropFromRoom, leaseIn, leaveRoom, roomOf, type Room } from '../queue/room';
import type { Lease, RunningEntry, WaitingEntry } from '../entries';
import type { State } from '../state';
import { isInside, outerClaims, surrounds } from './trees';
import type { Waits } from '../claim/waits';
import { amountInWords, countInWords } from '../words';

/**
 * ADM10: refuse who would wait for ever, because whoever could give it what it
 * lacks waits for it, directly or in a circle; of a circle the one that closed it.
 *
 * #### Notes
 * The banker's question: if every cell ends that waits for no other, does the room
 * that they leave suffice for the rest, one after another? The room is thought a
 * little larger than it will be while cells inside of others run; so nobody is refused
 * who might go on, and a circle is seen at the latest when these have ended.
 * `waits` tells what those lack that were looked at just now.
 */
export function breakCircles(state: State, waits: Waits): void {
  for (let stuck = stuckClaims(state); stuck.length > 0; stuck = stuckClaims(state)) {
    const last = stuck.reduce((a, b) => (b.arrivedMs >= a.arrivedMs ? b : a));
    refuseClaim(state, last, whyStuck(last, (waits.get(last) ?? last.phase.reason).resource));
  }
}

/** The waiting claims that no end of a cell will ever let go. */
function stuckClaims(state: State): readonly WaitingEntry[] {
  let waiting = state.queue.filter(isInside);
  if (waiting.length === 0) {
    return waiting;
  }
  const room = roomOf(state);
  // Others may leave at any time, so who waits for them is in no circle (ADM14).
  room.memoryBytes += othersInTheWay(state);
  state.keeping.forEach(it => it.running.size || dropFromRoom(room, it, it.held!.lease));
  const running = new Set(state.leasing);
  for (let before = -1; before !== waiting.length;) {
    before = waiting.length;
    const around = new Set(waiting.flatMap(outerClaims));
    leaveAll(room, running, around);
    waiting = waiting.filter(it => !fits(state, room, it, around));
  }
  leaveAll(room, running, new Set());
  // The rest waits for something else than cells: a GPU that is lost, or what idle kernels keep there.
  return waiting.filter(it => fits(state, room, it, new Set()));
}

/** Let everybody end but those around somebody who waits. */
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
  // Memory is in nobody's way where no other cell runs (ADM7).
  const isAlone = [...left].every(it => surrounds(it.holder, entry.holder));
  return leaseIn(state, isAlone ? { ...room, memoryBytes: Infinity } : room, entry) !== null;
}

function whyStuck(entry: WaitingEntry, resource: Resource): Refusal {
  const { ask } = entry.claim;
  const outer = outerClaims(entry);
  const holds = outer.find(it => amountOf(it.phase.lease, resource) > 0) ?? outer[0]!;
  const [path, asked] = {
    cpus: [
      ask.exclusive ? 'exclusive' : 'cpus',
      ask.exclusive ? `true with ${countInWords(exclusiveCount(ask), 'CPU')}` : exclusiveCount(ask)
    ],
    memory: ['memory', amountInWords(ask.memoryBytes ?? 0)],
    gpus: ['gpus', ask.gpus]
  }[resource] as [string, string | number];
  const held = inWords(amountOf(holds.phase.lease, resource), resource);
  return refusal('INSIDE', { path, asked, outer: holds.holder.holder.name, held });
}

function amountOf(lease: Lease, resource: Resource): number {
  const { allocation, memoryBytes, gpus } = lease;
  return { cpus: allocation?.cpus.length ?? 0, memory: memoryBytes ?? 0, gpus: gpus.length }[
    resource
  ];
}

function inWords(amount: number, resource: Resource): string {
  if (amount === 0) {
    return 'none of that';
  }
  const noun = resource === 'gpus' ? 'GPU' : 'CPU';
  return resource === 'memory' ? amountInWords(amount) : countInWords(amount, noun);
}
