import { allocate, deallocate } from '../cpu/cpuPool';
import { promisedIn } from '../learn/expected';
import { grantableBytes } from '../memory/promisable';
import { changeUse } from '../policy/fairness';
import type { HolderEntry, Lease } from '../entries';
import type { State } from '../state';
import { recountCaps } from '../cap/counting';
import { countOf, CPU_LEDGER, type Ledger } from './trees';

/** The leases that a holder has: of its running claims, and the one that it keeps (ADM9). */
export function leasesOf(holder: HolderEntry): Lease[] {
  const leases = Array.from(holder.running, entry => entry.phase.lease);
  holder.held && leases.push(holder.held.lease);
  return leases;
}

/** Memory that a holder's process tree is promised: the largest of its leases. */
export function promisedBytes(holder: HolderEntry): number {
  let most = holder.held ? (promisedIn(holder.held.lease) ?? 0) : 0;
  for (const entry of holder.running) {
    most = Math.max(most, promisedIn(entry.phase.lease) ?? 0);
  }
  return most;
}

/** The ledger of memory. */
export const MEMORY_LEDGER: Ledger = {
  promised: promisedBytes,
  resident: holder => holder.use?.memoryBytes ?? 0,
  counted: holder => holder.committedBytes
};

/** Recount a holder and those around it: memory (MEM1), CPUs promised, and its share of the node (FAIR3). */
export function recount(state: State, holder: HolderEntry): void {
  for (let at: HolderEntry | null = holder; at; at = at.parent) {
    recountOne(state, at);
  }
}

function recountOne(state: State, holder: HolderEntry): void {
  const bytes = countOf(MEMORY_LEDGER, holder, promisedBytes(holder));
  state.committedBytes += bytes - holder.committedBytes;
  holder.committedBytes = bytes;
  const cpus = countOf(CPU_LEDGER, holder, CPU_LEDGER.promised(holder));
  state.pool.promised += cpus - holder.committedCpus;
  holder.committedCpus = cpus;
  recountCaps(state, holder);
  const rate = dominantShare(state, holder);
  if (rate !== holder.useRate) {
    changeUse(holder.user, state.nowMs, rate - holder.useRate);
    holder.useRate = rate;
  }
}

/** The largest fraction that a holder has of any one resource, as in dominant resource fairness. */
function dominantShare(state: State, holder: HolderEntry): number {
  if (!state.node || (holder.running.size === 0 && !holder.held)) {
    return 0;
  }
  const cpus = holder.use?.cpusBusy ?? 0;
  let [gpus, promised] = [0, 0];
  for (const lease of leasesOf(holder)) {
    gpus = Math.max(gpus, lease.gpus.length);
    promised += lease.allocation?.kind === 'exclusive' ? lease.promisedCpus : 0;
  }
  return Math.max(
    part(Math.max(cpus, Math.min(promised, holder.committedCpus)), state.pool.slots.length),
    part(gpus, state.node.gpus.length),
    part(Math.min(promisedBytes(holder), holder.committedBytes), grantableBytes(state.node))
  );
}

function part(of: number, whole: number): number {
  return whole > 0 ? of / whole : 0;
}

/** No claim requires CPUs any more: for later claims, those that yielded count as blockers (ADM7). */
export function endYielding(state: State): void {
  const { pool } = state;
  if (pool.yielding > 0) {
    pool.yielding = 0;
    for (const holder of state.holders.values()) {
      const yielding = leasesOf(holder).filter(lease => lease.yieldsCpus);
      yielding.forEach(lease => (lease.yieldsCpus = false));
      yielding.length && recount(state, holder);
    }
  }
}

/** Enter a lease where its CPUs and GPUs are; its holder is still to be recounted. */
export function enterLease(state: State, holder: HolderEntry, lease: Lease): void {
  state.pool.yielding += lease.yieldsCpus ? lease.promisedCpus : 0;
  lease.allocation && allocate(state.pool, lease.allocation);
  for (const uuid of lease.gpus) {
    const leases = state.gpuLeases.get(uuid) ?? new Map<Lease, HolderEntry>();
    state.gpuLeases.set(uuid, leases.set(lease, holder));
  }
  if (lease.gpus.length > holder.boundGpus.length) {
    bindGpus(state, holder, lease.gpus);
    state.messages.push({ type: 'bind', holderId: holder.holder.id, gpus: lease.gpus });
  }
  state.dirty.add(holder);
}

/** Bind a holder to GPUs until it ends (GPU2); to none when it has ended. */
export function bindGpus(state: State, holder: HolderEntry, gpus: readonly string[]): void {
  const count = (uuid: string, by: number) =>
    state.gpuBound.set(uuid, (state.gpuBound.get(uuid) ?? 0) + by);
  holder.boundGpus.forEach(uuid => count(uuid, -1));
  gpus.forEach(uuid => count(uuid, 1));
  holder.boundGpus = gpus;
}

/** Undo {@link enterLease}; what the holder is bound to stays (GPU2). */
export function leaveLease(state: State, holder: HolderEntry, lease: Lease): void {
  state.pool.yielding -= lease.yieldsCpus ? lease.promisedCpus : 0;
  if (lease.allocation) {
    deallocate(state.pool, lease.allocation);
    holder.lastPinned = lease.allocation.cpus;
  }
  for (const uuid of lease.gpus) {
    const leases = state.gpuLeases.get(uuid);
    leases?.delete(lease);
    leases?.size === 0 && state.gpuLeases.delete(uuid);
  }
  if (lease.gpus.length || lease.promisedCpus || promisedIn(lease) !== null) {
    state.mayAdmit = true;
  }
  state.dirty.add(holder);
}

/** Release what a holder kept across cells (ADM9). */
export function dropHold(state: State, holder: HolderEntry): void {
  if (holder.held) {
    const { allocation } = holder.held.lease;
    leaveLease(state, holder, holder.held.lease);
    allocation && (allocation.each = 1); // whole again for the cell that may take it over
    holder.held = null;
    state.keeping.delete(holder);
    state.rekept.add(holder);
    recount(state, holder);
  }
}

/** Every holder's confinement may have to change. */
export function markAllDirty(state: State): void {
  for (const holder of state.holders.values()) {
    state.dirty.add(holder);
  }
}
