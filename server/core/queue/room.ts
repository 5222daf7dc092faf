import type { Gpu } from '../events';
import { noCounts } from '../cap/account';
import { leftOf } from '../cap/counting';
import { freedBy, needsOf } from '../cap/needs';
import type { Counts } from '../cap/counts';
import type {
  Account,
  Allocation,
  Change,
  HolderEntry,
  Lease,
  RunningEntry,
  WaitingEntry
} from '../entries';
import type { State } from '../state';
import { growthOfCpus, outerClaims, surrounds } from '../holder/trees';
import { blockingCpus, cpusWaitedFor, exclusiveCount } from '../cpu/cpuCounts';
import { exclusiveCpusFor } from '../cpu/cpus';
import { lendableCpus } from '../cpu/cpuPool';
import { memoryMates } from '../gpu/gpuMates';
import { freeGpuBytes, isLost, leasesBeside } from '../gpu/gpuMemory';
import { matchingGpus } from '../gpu/gpus';
import { memoryOf, neededBytes, promisedIn } from '../learn/expected';
import { growthOfBytes } from '../memory/memory';
import { promisableBytes } from '../memory/promisable';

/** What is free of everything that queues: a copy for trial calculations. */
export type Room = {
  memoryBytes: number;
  cpus: number;
  /** CPUs that may still be made exclusive (CPU6). */
  lendableCpus: number;
  /** Places that were returned. */
  readonly gone: Set<Allocation>;
  readonly gpus: Map<string, GpuRoom>;
  /** What was taken since from accounts with caps; below zero for what was returned. */
  readonly taken: Map<Account, Counts>;
};

type GpuRoom = {
  leases: number;
  /** One for all GPUs that share it. */
  readonly memory: {
    /** Leases of all of it, and of a part. */
    whole: number;
    parts: number;
    freeBytes: number;
  };
};

/** The room that there is now. */
export function roomOf(state: State): Room {
  const { pool } = state;
  const total = pool.slots.length;
  return {
    memoryBytes: promisableBytes(state) - state.committedBytes,
    cpus: total - pool.promised,
    lendableCpus: lendableCpus(pool),
    gone: new Set(),
    gpus: gpuRooms(state),
    taken: new Map()
  };
}

function gpuRooms(state: State): Map<string, GpuRoom> {
  const gpus = (state.node?.gpus ?? []).filter(gpu => !isLost(state, gpu.uuid));
  const rooms = new Map<string, GpuRoom>();
  for (const gpu of gpus) {
    const [first = gpu] = memoryMates(gpus, gpu);
    const memory = rooms.get(first.uuid)?.memory ?? memoryRoom(state, gpu);
    rooms.set(gpu.uuid, { leases: state.gpuLeases.get(gpu.uuid)?.size ?? 0, memory });
  }
  return rooms;
}

function memoryRoom(state: State, gpu: Gpu): GpuRoom['memory'] {
  const leases = leasesBeside(state, gpu);
  const parts = leases.filter(([, lease]) => lease.gpuMemoryBytes !== null).length;
  return { whole: leases.length - parts, parts, freeBytes: freeGpuBytes(state, gpu, null) };
}

/** What a lease takes of a room besides GPUs: less than its amount if an enclosing one already has that. */
export type Amounts = {
  readonly memoryBytes: number;
  readonly cpus: number;
  /** CPUs that no other claim made exclusive. */
  readonly exclusiveCpus: number;
  readonly capped: readonly Change[];
};

/** Change a room by a lease: taken with sign 1, returned with sign -1. */
export function changeRoom(room: Room, lease: Lease, amounts: Amounts, sign: 1 | -1): void {
  room.memoryBytes -= sign * amounts.memoryBytes;
  room.cpus -= sign * amounts.cpus;
  room.lendableCpus -= sign * amounts.exclusiveCpus;
  amounts.capped.forEach(it => changeTaken(room, it, sign));
  sign < 0 && lease.allocation && room.gone.add(lease.allocation);
  for (const uuid of lease.gpus) {
    const gpu = room.gpus.get(uuid);
    const isPart = lease.gpuMemoryBytes !== null;
    if (gpu) {
      gpu.leases += sign;
      gpu.memory[isPart ? 'parts' : 'whole'] += sign;
      gpu.memory.freeBytes -= sign * (lease.gpuMemoryBytes ?? 0);
    }
  }
}

function changeTaken({ taken }: Room, { account, what, amount }: Change, sign: 1 | -1): void {
  const its = taken.get(account) ?? noCounts();
  its[what] += sign * amount;
  taken.set(account, its);
}

/** Whether a claim that needs this fits below its caps in a room. */
export function fitsCaps({ taken }: Room, needs: readonly Change[]): boolean {
  return needs.every(
    ({ account, what, amount }) =>
      amount <= leftOf(account, what) - (taken.get(account)?.[what] ?? 0)
  );
}

/** Simulate the end of a running claim; what its holder keeps resident stays. */
export function leaveRoom(room: Room, entry: RunningEntry): void {
  const { lease } = entry.phase;
  const around = outerClaims(entry).map(it => it.phase.lease.allocation);
  const isAlone = (id: number) =>
    !around.some(it => it?.kind === 'exclusive' && it.cpus.includes(id));
  const exclusiveCpus =
    lease.allocation?.kind === 'exclusive' ? lease.allocation.cpus.filter(isAlone).length : 0;
  changeRoom(room, lease, { ...freedFrom(entry.holder, lease, true), exclusiveCpus }, -1);
}

/** Simulate the release of a lease that its holder keeps across cells. */
export function dropFromRoom(room: Room, holder: HolderEntry, lease: Lease): void {
  const exclusiveCpus = lease.allocation?.kind === 'exclusive' ? lease.promisedCpus : 0;
  changeRoom(room, lease, { ...freedFrom(holder, lease, false), exclusiveCpus }, -1);
}

function freedFrom(
  holder: HolderEntry,
  lease: Lease,
  isRunning: boolean
): Omit<Amounts, 'exclusiveCpus'> {
  const freed = holder.committedBytes - (holder.use?.memoryBytes ?? 0);
  const memoryBytes = promisedIn(lease) === null ? 0 : Math.max(0, freed);
  return {
    memoryBytes,
    cpus: Math.min(blockingCpus(lease), holder.committedCpus),
    capped: freedBy(holder, lease, memoryBytes, isRunning)
  };
}

/** What a waiting claim would take of a room with this lease. */
export function neededFor(entry: WaitingEntry, lease: Lease): Amounts {
  const { promisedCpus, yieldsCpus, allocation } = lease;
  const memoryBytes = promisedIn(lease);
  return {
    memoryBytes: memoryBytes === null ? 0 : growthOfBytes(entry.holder, memoryBytes).amount,
    cpus: yieldsCpus ? 0 : growthOfCpus(entry, promisedCpus),
    exclusiveCpus: allocation?.kind === 'exclusive' && !allocation.isShared ? promisedCpus : 0,
    capped: needsOf(entry)
  };
}

/** The lease that a waiting claim would get in a room where it fits, with open GPUs first. */
export function leaseIn(state: State, room: Room, entry: WaitingEntry): Lease | null {
  const { ask } = entry.claim;
  const { holder } = entry;
  const gpus = openGpus(state, room, entry).slice(0, ask.gpus);
  const promisedCpus = cpusWaitedFor(ask);
  const isInside = promisedCpus > 0 && exclusiveCpusFor(state, entry, room.gone) !== null;
  const isFitting =
    gpus.length === ask.gpus &&
    fitsCaps(room, needsOf(entry)) &&
    hasBytes(room, entry) &&
    (promisedCpus === 0 || isInside || hasCpus(room, entry));
  const isAlone = ask.exclusive && !isInside;
  const allocation = isAlone ? ({ kind: 'exclusive', holder, cpus: [], each: 1 } as const) : null;
  return isFitting
    ? {
        allocation,
        promisedCpus,
        yieldsCpus: false,
        cpusMax: promisedCpus,
        ...memoryOf(entry),
        gpus,
        gpuMemoryBytes: ask.gpuMemoryBytes
      }
    : null;
}

function hasBytes(room: Room, entry: WaitingEntry): boolean {
  const bytes = neededBytes(entry);
  const growth = bytes === null ? null : growthOfBytes(entry.holder, bytes);
  return growth === null || growth.isCovered || growth.amount <= room.memoryBytes;
}

function hasCpus(room: Room, entry: WaitingEntry): boolean {
  const { ask } = entry.claim;
  const isLendable = !ask.exclusive || exclusiveCount(ask) <= room.lendableCpus;
  return isLendable && growthOfCpus(entry, cpusWaitedFor(ask)) <= Math.max(0, room.cpus);
}

function openGpus(state: State, room: Room, entry: WaitingEntry): string[] {
  const { ask } = entry.claim;
  if (ask.gpus === 0 || !state.node) {
    return [];
  }
  const { gpus } = state.node;
  const bound = entry.holder.boundGpus.slice(0, ask.gpus);
  const wanted = bound.length
    ? bound.flatMap(uuid => gpus.find(gpu => gpu.uuid === uuid) ?? [])
    : matchingGpus(gpus, ask);
  const open = wanted.filter(gpu => {
    const its = room.gpus.get(gpu.uuid);
    // What encloses the claim does not block it.
    const around = leasesBeside(state, gpu).filter(([, , it]) => surrounds(it, entry.holder));
    const parts = around.filter(([, lease]) => lease.gpuMemoryBytes !== null).length;
    return (
      its !== undefined &&
      (ask.gpuMemoryBytes === null
        ? its.leases <= around.filter(([mate]) => mate === gpu).length && its.memory.parts <= parts
        : its.memory.whole <= around.length - parts &&
          its.memory.freeBytes + ownBytes(state, gpu, entry.holder) >= ask.gpuMemoryBytes)
    );
  });
  return open.map(gpu => gpu.uuid);
}

/** What a holder keeps on a GPU beyond its leases, which does not block its own claims. */
function ownBytes(state: State, gpu: Gpu, holder: HolderEntry): number {
  return freeGpuBytes(state, gpu, holder) - freeGpuBytes(state, gpu, null);
}
