import { formatCpuList } from '../lib/cpuset';
import type { Grant } from '../protocol/grant';
import { sharedCpus } from './place/cpuPool';
import { moldedThreads } from './policy/threads';
import { waterLevel } from './policy/waterfill';
import type { ClaimEntry, Lease, State } from './state';

/** What a claim that names no CPUs is thought to use before it is measured (CPU4). */
export function predictedDemand(state: State, entry: ClaimEntry): number {
  const total = Math.max(1, state.pool.cpus.length);
  const { cpus } = entry.claim.ask;
  if (cpus.kind !== 'auto') {
    return Math.min(total, cpus.kind === 'fixed' ? cpus.n : cpus.max);
  }
  const known = state.profiles.get(entry.claim.sourceHash ?? '');
  return known ? Math.max(1, Math.min(total, Math.ceil(known.cpus))) : total;
}

/** Demands of all running claims. */
export function demands(state: State): number[] {
  return [...state.running].map(it => (it.phase.state === 'running' ? it.phase.demand : 0));
}

/** How the CPU part of a new grant reads: list and threads. */
export function cpuGrant(
  state: State,
  lease: Lease,
  demand: number
): Pick<Grant, 'cpus' | 'threads'> {
  const total = state.pool.cpus.length;
  if (state.policy === 'naive' || total === 0) {
    return { cpus: null, threads: null };
  }
  if (lease.pinned) {
    return { cpus: formatCpuList(lease.pinned), threads: lease.pinned.length };
  }
  if (state.policy === 'partitioned') {
    return { cpus: null, threads: Math.max(1, Math.floor(total / state.holders.size)) };
  }
  const shared = total - state.pool.exclusive.size;
  const cpus = state.pool.exclusive.size ? formatCpuList(sharedCpus(state.pool)) : null;
  const drinkers = [...demands(state), demand].map(it => ({ demand: it, weight: 1 }));
  const level = waterLevel(drinkers, shared);
  const threads = moldedThreads(Math.min(total, shared), level);
  return { cpus, threads: threads >= total ? null : threads };
}
