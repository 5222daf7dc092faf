import { leasesOf, promisedBytes } from './leases';
import { keptInPool } from './place/cpuPool';
import type { State } from './state';

/** What must hold after each step; each sentence names a rule that does not. Empty is well. */
export function checkInvariants(state: State): string[] {
  return [...cpuFaults(state), ...gpuFaults(state), ...memoryFaults(state), ...bookFaults(state)];
}

function cpuFaults(state: State): string[] {
  const { pool } = state;
  const faults: string[] = [];
  const exclusive = new Map<number, string>();
  const load = new Map<number, number>();
  let promised = 0;
  const leases = [...state.holders.values()].flatMap(it => leasesOf(it).map(l => [it, l] as const));
  for (const [holder, lease] of leases) {
    promised += lease.promisedCpus;
    for (const id of lease.pinned ?? []) {
      load.set(id, (load.get(id) ?? 0) + 1);
      if (lease.exclusive) {
        exclusive.has(id) && faults.push(`P1: CPU ${id} is exclusive twice`);
        exclusive.set(id, holder.holder.id);
      }
    }
  }
  for (const [id] of exclusive) {
    (load.get(id) ?? 0) > 1 && faults.push(`P1: exclusive CPU ${id} is pinned by others too`);
    pool.exclusive.has(id) || faults.push(`CPU6: exclusive CPU ${id} is in the pool`);
  }
  if (exclusive.size > Math.max(0, pool.cpus.length - keptInPool(pool.cpus.length))) {
    faults.push(`CPU6: ${exclusive.size} exclusive CPUs leave the pool less than a quarter`);
  }
  promised === pool.promised ||
    faults.push(`ledger: ${pool.promised} CPUs promised, not ${promised}`);
  for (const [id, n] of pool.load) {
    n === (load.get(id) ?? 0) ||
      faults.push(`ledger: CPU ${id} is pinned ${load.get(id)}, not ${n}`);
  }
  return faults;
}

function gpuFaults(state: State): string[] {
  const faults: string[] = [];
  for (const [uuid, leases] of state.gpuLeases) {
    const holders = new Set(leases.values());
    const shared = [...leases.keys()].every(lease => lease.gpuMemoryBytes !== null);
    holders.size > 1 && !shared && faults.push(`P8: ${uuid} has ${holders.size} holders`);
  }
  for (const holder of state.holders.values()) {
    for (const uuid of leasesOf(holder).flatMap(lease => lease.gpus)) {
      state.gpuLeases.has(uuid) || faults.push(`ledger: ${uuid} is leased and not entered`);
      holder.boundGpus.includes(uuid) || faults.push(`P8: ${uuid} is not bound to its holder`);
    }
  }
  return faults;
}

function memoryFaults(state: State): string[] {
  const faults: string[] = [];
  let committed = 0;
  for (const holder of state.holders.values()) {
    const own = Math.max(holder.use?.memoryBytes ?? 0, promisedBytes(holder));
    committed += own;
    own === holder.committedBytes || faults.push(`ledger: memory of ${holder.holder.id}`);
  }
  const isEven = Math.abs(committed - state.committedBytes) < 1;
  isEven || faults.push(`ledger: ${state.committedBytes} bytes committed, not ${committed}`);
  return faults;
}

function bookFaults(state: State): string[] {
  const faults: string[] = [];
  for (const entry of state.claims.values()) {
    const { id } = entry.claim;
    const inQueue = state.queue.includes(entry);
    const { state: phase } = entry.phase;
    inQueue === (phase === 'waiting') || faults.push(`books: ${id} is ${phase}, queued ${inQueue}`);
    state.running.has(entry) === (phase === 'running') || faults.push(`books: ${id} is ${phase}`);
    phase === 'done' ||
      state.holders.has(entry.claim.holderId) ||
      faults.push(`books: ${id} orphan`);
  }
  state.dirty.size && faults.push('books: a confinement was not ordered');
  return faults;
}
