import type { Gpu } from '../events';
import type { HolderEntry, Lease, RunningEntry, State, WaitingEntry } from '../state';
import { blockingCpus, cpusWaitedFor, exclusiveCount } from './cpus';
import { lendableCpus } from './cpuPool';
import { memoryMates } from './gpuMates';
import { freeGpuBytes, isLost, leasesBeside } from './gpuMemory';
import { matchingGpus } from './gpus';
import { committedWith, grantableBytes } from './memory';

/** What is free of everything that queues: a copy to try things on. */
export type Room = {
  memoryBytes: number;
  cpus: number;
  /** CPUs that may still be made exclusive (CPU6). */
  lendableCpus: number;
  readonly gpus: Map<string, GpuRoom>;
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
  const { node, pool } = state;
  const total = pool.slots.length;
  return {
    memoryBytes: node ? grantableBytes(node) - state.committedBytes : 0,
    cpus: total - pool.promised,
    lendableCpus: lendableCpus(pool),
    gpus: gpuRooms(state)
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

/** Change a room by a lease and the memory that comes with it: taken with sign 1, given back with sign -1. */
export function changeRoom(room: Room, lease: Lease, memoryBytes: number, sign: 1 | -1): void {
  room.memoryBytes -= sign * memoryBytes;
  room.cpus -= sign * blockingCpus(lease);
  room.lendableCpus -= sign * (lease.seat?.kind === 'exclusive' ? lease.promisedCpus : 0);
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

/** A running claim is thought to end; what its holder keeps resident stays. */
export function leaveRoom(room: Room, entry: RunningEntry): void {
  const { holder, phase } = entry;
  const resident = holder.use?.memoryBytes ?? 0;
  const freed = phase.lease.memoryBytes === null ? 0 : holder.committedBytes - resident;
  changeRoom(room, phase.lease, Math.max(0, freed), -1);
}

/** Memory that a claim's holder would be counted with beyond what it is already. */
export function neededBytes(holder: HolderEntry, askBytes: number | null): number {
  return askBytes === null ? 0 : committedWith(holder, askBytes) - holder.committedBytes;
}

/** The lease that a waiting claim would get in a room where it fits, GPUs first that are open. */
export function leaseIn(state: State, room: Room, entry: WaitingEntry): Lease | null {
  const { ask } = entry.claim;
  const { holder } = entry;
  const gpus = openGpus(state, room, entry).slice(0, ask.gpus);
  const promisedCpus = cpusWaitedFor(ask);
  const isFitting =
    gpus.length === ask.gpus &&
    (ask.memoryBytes === null || neededBytes(holder, ask.memoryBytes) <= room.memoryBytes) &&
    (promisedCpus === 0 || promisedCpus <= room.cpus) &&
    (!ask.exclusive || exclusiveCount(ask) <= room.lendableCpus);
  const seat = ask.exclusive ? ({ kind: 'exclusive', holder, cpus: [], each: 1 } as const) : null;
  const { memoryBytes, gpuMemoryBytes } = ask;
  return isFitting
    ? {
        seat,
        promisedCpus,
        yieldsCpus: false,
        cpusMax: promisedCpus,
        memoryBytes,
        gpus,
        gpuMemoryBytes
      }
    : null;
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
    return (
      its !== undefined &&
      (ask.gpuMemoryBytes === null
        ? its.leases === 0 && its.memory.parts === 0
        : its.memory.whole === 0 &&
          its.memory.freeBytes + ownBytes(state, gpu, entry.holder) >= ask.gpuMemoryBytes)
    );
  });
  return open.map(gpu => gpu.uuid);
}

/** What a holder keeps on a GPU beyond its leases, which is not in its own way. */
function ownBytes(state: State, gpu: Gpu, holder: HolderEntry): number {
  return freeGpuBytes(state, gpu, holder) - freeGpuBytes(state, gpu, null);
}
