import { pin, unpin } from './place/cpuPool';
import type { ClaimEntry, HolderEntry, Lease, State } from './state';

/** The leases that a holder has: of its running claims, and the one that it keeps (ADM9). */
export function leasesOf(holder: HolderEntry): Lease[] {
  const leases = [...holder.running].map(entry =>
    entry.phase.state === 'running' ? entry.phase.lease : null
  );
  return [...leases, holder.held?.lease ?? null].filter(lease => lease !== null);
}

/** Memory that a holder's process tree is promised: the most that any of its leases says. */
export function promisedBytes(holder: HolderEntry): number {
  return leasesOf(holder).reduce((most, lease) => Math.max(most, lease.memoryBytes ?? 0), 0);
}

/** Count a holder's memory anew: the larger of what it holds and what it is promised (MEM1). */
export function recountMemory(state: State, holder: HolderEntry): void {
  const committed = Math.max(holder.use?.memoryBytes ?? 0, promisedBytes(holder));
  state.committedBytes += committed - holder.committedBytes;
  holder.committedBytes = committed;
}

/** Enter a lease in the ledgers of CPUs and GPUs. */
export function enterLease(state: State, holder: HolderEntry, lease: Lease): void {
  state.pool.promised += lease.promisedCpus;
  lease.pinned && pin(state.pool, lease.pinned, lease.exclusive);
  for (const uuid of lease.gpus) {
    const leases = state.gpuLeases.get(uuid) ?? new Map<Lease, HolderEntry>();
    state.gpuLeases.set(uuid, leases.set(lease, holder));
  }
  if (lease.gpus.length && !holder.boundGpus.length) {
    holder.boundGpus = lease.gpus;
  }
  lease.exclusive ? markAllDirty(state) : state.dirty.add(holder);
}

/** Undo {@link enterLease}; what the holder is bound to stays (GPU2). */
export function leaveLease(state: State, holder: HolderEntry, lease: Lease): void {
  state.pool.promised -= lease.promisedCpus;
  if (lease.pinned) {
    unpin(state.pool, lease.pinned, lease.exclusive);
    holder.lastPinned = lease.pinned;
  }
  for (const uuid of lease.gpus) {
    const leases = state.gpuLeases.get(uuid);
    leases?.delete(lease);
    leases?.size === 0 && state.gpuLeases.delete(uuid);
  }
  lease.exclusive ? markAllDirty(state) : state.dirty.add(holder);
}

/** The set of shared CPUs changed, so every holder's mask may. */
export function markAllDirty(state: State): void {
  for (const holder of state.holders.values()) {
    state.dirty.add(holder);
  }
}

/** The lease of a running claim, or null. */
export function leaseOf(entry: ClaimEntry): Lease | null {
  return entry.phase.state === 'running' ? entry.phase.lease : null;
}
