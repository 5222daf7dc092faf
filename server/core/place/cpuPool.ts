import { firstDifference } from '../../lib/comparators';
import type { Cpu } from '../events';

/** The CPUs of the node and what is pinned where. */
export type CpuPool = {
  readonly cpus: readonly Cpu[];
  /** Pinned sets that hold each CPU, by id. */
  readonly load: Map<number, number>;
  /** CPUs taken out of the pool (CPU6). */
  readonly exclusive: Set<number>;
  /** Sum of CPUs promised: fixed, least of ranges, exclusive. */
  promised: number;
  /** Whether the shared set changed since pinned sets were last looked at. */
  moved: boolean;
};

/** A pool with nothing pinned. */
export function createCpuPool(cpus: readonly Cpu[]): CpuPool {
  return {
    cpus,
    load: new Map(cpus.map(cpu => [cpu.id, 0])),
    exclusive: new Set(),
    promised: 0,
    moved: false
  };
}

/** CPUs that exclusive claims must leave to the pool: a quarter, rounded up (CPU6). */
export function keptInPool(cpus: number): number {
  return Math.ceil(cpus / 4);
}

/** CPUs that are shared now: those that nobody holds exclusively. */
export function sharedCpus(pool: CpuPool): number[] {
  return pool.cpus.filter(cpu => !pool.exclusive.has(cpu.id)).map(cpu => cpu.id);
}

/** Count a pinned set. */
export function pin(pool: CpuPool, cpus: readonly number[], exclusive: boolean): void {
  for (const id of cpus) {
    pool.load.set(id, (pool.load.get(id) ?? 0) + 1);
    exclusive && pool.exclusive.add(id);
  }
  pool.moved ||= exclusive;
}

/** Undo {@link pin}. */
export function unpin(pool: CpuPool, cpus: readonly number[], exclusive: boolean): void {
  for (const id of cpus) {
    pool.load.set(id, Math.max(0, (pool.load.get(id) ?? 0) - 1));
    exclusive && pool.exclusive.delete(id);
  }
  pool.moved ||= exclusive;
}

type Candidate = {
  readonly cpu: Cpu;
  readonly load: number;
  /** Load of the busiest hyper-thread of its core. */
  readonly coreLoad: number;
  readonly sticky: boolean;
  /** Unpinned CPUs under its cache and in its NUMA node; fewer is a tighter fit. */
  readonly cacheRoom: number;
  readonly numaRoom: number;
};

/**
 * CPU5: least pinned first, then whole cores, where it was last, then the
 * domain that it fits in most tightly; the id makes the choice exact.
 */
function placementOrder(n: number): (a: Candidate, b: Candidate) => number {
  const slack = (room: number) => (room >= n ? room - n : 1e6 - room);
  return firstDifference<Candidate>(
    (a, b) => a.load - b.load,
    (a, b) => a.coreLoad - b.coreLoad,
    (a, b) => Number(b.sticky) - Number(a.sticky),
    (a, b) => slack(a.numaRoom) - slack(b.numaRoom),
    (a, b) => a.cpu.numa - b.cpu.numa,
    (a, b) => slack(a.cacheRoom) - slack(b.cacheRoom),
    (a, b) => a.cpu.cache - b.cpu.cache,
    (a, b) => a.cpu.core - b.cpu.core,
    (a, b) => a.cpu.id - b.cpu.id
  );
}

function tally(cpus: readonly Cpu[], key: (cpu: Cpu) => number, add: (cpu: Cpu) => number) {
  const sums = new Map<number, number>();
  for (const cpu of cpus) {
    sums.set(key(cpu), (sums.get(key(cpu)) ?? 0) + add(cpu));
  }
  return sums;
}

/**
 * Choose `n` CPUs of the shared pool for a pinned set, ascending (CPU5).
 *
 * #### Notes
 * Fewer than `n` only where the pool has fewer. Sets are disjoint while they
 * fit. Changes nothing: `pin` counts the choice.
 */
export function chooseCpus(pool: CpuPool, n: number, last: readonly number[]): number[] {
  const shared = pool.cpus.filter(cpu => !pool.exclusive.has(cpu.id));
  const loadOf = (cpu: Cpu) => pool.load.get(cpu.id) ?? 0;
  const isFree = (cpu: Cpu) => (loadOf(cpu) === 0 ? 1 : 0);
  const coreLoad = new Map<number, number>();
  for (const cpu of pool.cpus) {
    coreLoad.set(cpu.core, Math.max(coreLoad.get(cpu.core) ?? 0, loadOf(cpu)));
  }
  const cacheRoom = tally(shared, cpu => cpu.cache, isFree);
  const numaRoom = tally(shared, cpu => cpu.numa, isFree);
  const sticky = new Set(last);
  return shared
    .map(cpu => ({
      cpu,
      load: loadOf(cpu),
      coreLoad: coreLoad.get(cpu.core)!,
      sticky: sticky.has(cpu.id),
      cacheRoom: cacheRoom.get(cpu.cache)!,
      numaRoom: numaRoom.get(cpu.numa)!
    }))
    .sort(placementOrder(n))
    .slice(0, n)
    .map(it => it.cpu.id)
    .sort((a, b) => a - b);
}
