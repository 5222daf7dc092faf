import { formatCpuList } from '../lib/cpuset';
import type { Confinement } from './effects';
import { leasesOf } from './leases';
import { sharedCpus } from './place/cpuPool';
import type { HolderEntry, State } from './state';

/** CPUs busy above which a holder with no running claim is worth a write (CPU8). */
const BACKGROUND_CPUS = 0.05;

/** The set that a holder is held to, or null for all CPUs. */
function cpusFor(state: State, holder: HolderEntry): string | null {
  if (state.policy === 'naive') {
    return null;
  }
  if (state.policy === 'partitioned') {
    return partitionOf(state, holder);
  }
  const leases = leasesOf(holder);
  const pinned = leases.filter(lease => lease.pinned);
  if (pinned.length > 0 && pinned.length === leases.length) {
    return formatCpuList(pinned.flatMap(lease => [...lease.pinned!]));
  }
  return state.pool.exclusive.size ? formatCpuList(sharedCpus(state.pool)) : null;
}

/** A static even split among the holders, in order of arrival; whole CPUs, at least one. */
function partitionOf(state: State, holder: HolderEntry): string | null {
  const { cpus } = state.pool;
  const size = Math.max(1, Math.floor(cpus.length / state.holders.size));
  const place = [...state.holders.values()].indexOf(holder);
  const parts = Math.max(1, Math.floor(cpus.length / size));
  const start = (place % parts) * size;
  return cpus.length ? formatCpuList(cpus.slice(start, start + size).map(cpu => cpu.id)) : null;
}

/** Whether running claims want more CPUs than there are. */
export function isShort(state: State): boolean {
  let wanted = 0;
  for (const entry of state.running) {
    wanted += entry.phase.state === 'running' ? entry.phase.demand : 0;
  }
  return wanted > state.pool.cpus.length;
}

/**
 * CPU8, without a write on a quiet node: a holder is idled only while it burns
 * CPU with no cell running and running cells lack some.
 */
function yields(state: State, holder: HolderEntry): boolean {
  return (
    state.policy === 'dynamic' &&
    holder.holder.gated &&
    holder.running.size === 0 &&
    (holder.use?.cpusBusy ?? 0) > BACKGROUND_CPUS &&
    isShort(state)
  );
}

function memoryFor(holder: HolderEntry): number | null {
  const limits = [...holder.running].map(entry => entry.claim.ask.memoryBytes);
  const stated = limits.filter(limit => limit !== null);
  return stated.length ? Math.max(...stated) : null;
}

/** What a holder must be held to now. */
export function confinementOf(state: State, holder: HolderEntry): Confinement {
  return {
    cpus: cpusFor(state, holder),
    weight: 100,
    idle: yields(state, holder),
    memoryBytes: memoryFor(holder),
    gpus: holder.boundGpus.length ? holder.boundGpus : null
  };
}

function isSame(a: Confinement, b: Confinement): boolean {
  return (
    a.cpus === b.cpus &&
    a.weight === b.weight &&
    a.idle === b.idle &&
    a.memoryBytes === b.memoryBytes &&
    a.gpus === b.gpus
  );
}

/** Order the confinements that changed; those of holders that gave something back come first. */
export function orderConfinements(state: State): void {
  const changed = [...state.dirty].filter(holder => state.holders.has(holder.holder.id));
  changed.sort((a, b) => a.running.size - b.running.size);
  state.dirty.clear();
  const orders = changed.flatMap(holder => {
    const confinement = confinementOf(state, holder);
    if (isSame(confinement, holder.confined)) {
      return [];
    }
    holder.confined = confinement;
    return [{ type: 'confine' as const, holderId: holder.holder.id, confinement }];
  });
  state.messages = [...orders, ...state.messages];
}
