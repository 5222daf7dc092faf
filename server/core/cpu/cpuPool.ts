import type { CpuSet } from '../../protocol/cpuset';
import type { Cpu } from '../events';
import type { Allocation } from '../entries';

/** CPUs that share a core, a cache or a memory node. */
type Domain = { readonly slots: Slot[]; free: number };

/** One CPU and its allocations. */
export type Slot = {
  readonly cpu: Cpu;
  readonly allocations: Set<Allocation>;
  load: number;
  /** Taken out of the pool (CPU6). */
  exclusive: boolean;
  readonly core: Domain;
  readonly cache: Domain;
  readonly numa: Domain;
};

/** The CPUs of the node and their allocations. */
export type CpuPool = {
  readonly slots: readonly Slot[];
  readonly byId: ReadonlyMap<number, Slot>;
  /** CPUs taken out of the pool (CPU6). */
  exclusive: number;
  /** The others; null until next read after a change. */
  shared: CpuSet | null;
  /** Sum of CPUs promised: fixed except those that yield (ADM7), minimum of ranges, exclusive. */
  promised: number;
  /** Sum of the CPUs of those that yield. */
  yielding: number;
  /** Whether the shared set changed since masks were last derived from it. */
  moved: boolean;
  /** CPUs that were allocated to a holder in this step. */
  readonly taken: Set<number>;
  /** Whether allocations changed since they were last balanced. */
  unbalanced: boolean;
};

/** A pool without allocations. */
export function createCpuPool(cpus: readonly Cpu[]): CpuPool {
  const domains = new Map<string, Domain>();
  const slots = cpus.map((cpu): Slot => {
    const [core, cache, numa] = [`core ${cpu.core}`, `cache ${cpu.cache}`, `numa ${cpu.numa}`].map(
      key => {
        const domain = domains.get(key) ?? { slots: [], free: 0 };
        domain.free += 1;
        domains.set(key, domain);
        return domain;
      }
    );
    const domainsOfSlot = { core: core!, cache: cache!, numa: numa! };
    const slot = {
      cpu,
      allocations: new Set<Allocation>(),
      load: 0,
      exclusive: false,
      ...domainsOfSlot
    };
    Object.values(domainsOfSlot).forEach(domain => domain.slots.push(slot));
    return slot;
  });
  return {
    slots,
    byId: new Map(slots.map(slot => [slot.cpu.id, slot])),
    exclusive: 0,
    shared: null,
    promised: 0,
    yielding: 0,
    moved: false,
    taken: new Set(),
    unbalanced: false
  };
}

/** CPUs that exclusive claims must leave to the pool: a quarter, rounded up (CPU6). */
export function keptInPool(cpus: number): number {
  return Math.ceil(cpus / 4);
}

/** CPUs that may still be made exclusive. */
export function lendableCpus(pool: CpuPool): number {
  const total = pool.slots.length;
  return Math.max(0, total - keptInPool(total) - pool.exclusive);
}

/** CPUs that are shared now: those that no holder has exclusively. */
export function sharedCpus(pool: CpuPool): CpuSet {
  pool.shared ??= pool.slots.filter(slot => !slot.exclusive).map(slot => slot.cpu.id);
  return pool.shared;
}

function changeFree(slot: Slot, difference: number): void {
  slot.core.free += difference;
  slot.cache.free += difference;
  slot.numa.free += difference;
}

/** Whether nothing runs on a CPU, apart from kept allocations. */
export function isUnused(slot: Slot): boolean {
  return slot.load < 1e-9; // sums of parts leave rounding errors
}

/** Enter an allocation. */
export function allocate(pool: CpuPool, allocation: Allocation): void {
  for (const id of allocation.cpus) {
    const slot = pool.byId.get(id);
    if (slot) {
      slot.allocations.size === 0 && changeFree(slot, -1);
      slot.allocations.add(allocation);
      pool.taken.add(id);
      slot.load += allocation.each;
      takeOut(pool, slot, slot.exclusive || allocation.kind === 'exclusive');
    }
  }
  pool.unbalanced = true;
}

/** Take an allocation out: exactly undoes {@link allocate}. */
export function deallocate(pool: CpuPool, allocation: Allocation): void {
  for (const id of allocation.cpus) {
    const slot = pool.byId.get(id);
    if (slot?.allocations.delete(allocation)) {
      slot.load = slot.allocations.size ? slot.load - allocation.each : 0;
      slot.allocations.size === 0 && changeFree(slot, 1);
      slot.exclusive &&
        takeOut(
          pool,
          slot,
          [...slot.allocations].some(it => it.kind === 'exclusive')
        );
    }
  }
  pool.unbalanced = true;
}

/** Count an allocation with more or less of each of its CPUs; 0 while nothing runs on it. */
export function weighAllocation(pool: CpuPool, allocation: Allocation, each: number): void {
  for (const id of allocation.cpus) {
    const slot = pool.byId.get(id);
    if (slot?.allocations.has(allocation)) {
      slot.load += each - allocation.each;
    }
  }
  allocation.each = each;
  pool.unbalanced = true;
}

/** Take a CPU out of the pool, or put it back. */
function takeOut(pool: CpuPool, slot: Slot, exclusive: boolean): void {
  if (exclusive !== slot.exclusive) {
    slot.exclusive = exclusive;
    pool.exclusive += exclusive ? 1 : -1;
    pool.shared = null;
    pool.moved = true;
  }
}
