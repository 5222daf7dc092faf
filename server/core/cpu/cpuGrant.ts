import type { Grant } from '../../protocol/grant';
import { sharedCpus } from './cpuPool';
import { learnedThreads } from '../learn/predict';
import { reachOf, type Leaf } from '../policy/shareTree';
import type { ClaimEntry, Lease } from '../entries';
import type { State } from '../state';

/**
 * Threads per CPU of share beyond the first, until a source's own figure is
 * learned (CPU3). Fewer make long cells more efficient, more let them grow.
 */
const THREADS_PER_SHARE = 1.1;

/**
 * The CPU part of a new grant: the pinned set, and the size of thread pools.
 *
 * #### Notes
 * `leaf` is the claim's place in the tree, with its predicted demand.
 * On a quiet node, a claim that asked for nothing gets no restriction (CPU2).
 */
export function cpuGrant(
  state: State,
  entry: ClaimEntry,
  lease: Lease,
  leaf: Leaf | null
): Pick<Grant, 'cpus' | 'threads' | 'asked'> {
  const total = state.pool.slots.length;
  if (state.policy === 'naive' || total === 0) {
    return { cpus: null, threads: null };
  }
  if (state.policy === 'partitioned') {
    return { cpus: null, threads: Math.max(1, Math.floor(total / state.holders.size)) };
  }
  if (lease.allocation) {
    const { cpus } = lease.allocation;
    return { cpus, threads: cpus.length, asked: true };
  }
  const cpus = state.pool.exclusive ? sharedCpus(state.pool) : null;
  const most = total - state.pool.exclusive;
  const cap = cpuCapOf(entry);
  const isMolded = leaf && (state.isShort || cap < total);
  const threads = isMolded ? Math.min(cap, moldedThreads(state, entry, leaf)) : most;
  return { cpus, threads: threads >= total ? null : threads };
}

/** CAP6: the most threads that a claim may have on its own, whether CPUs are short or not: one at least. */
function cpuCapOf({ holder }: ClaimEntry): number {
  return Math.max(1, Math.floor(Math.min(Infinity, ...holder.accounts.map(it => it.most.cpus))));
}

/**
 * CPU3: threads of a cell at its start, `min(d, round(1 + g * share))`; all of them if its
 * share is half of the node or more, since it may soon have the rest.
 */
function moldedThreads(state: State, entry: ClaimEntry, leaf: Leaf): number {
  const learned = learnedThreads(state.learned, entry.keys);
  const share = Math.min(leaf.consumer.demand, reachOf(state.shares, leaf));
  const wanted = Math.round(1 + (learned ?? THREADS_PER_SHARE) * share);
  const most = Math.max(1, Math.ceil(leaf.consumer.demand));
  return share >= state.pool.slots.length / 2 ? most : Math.min(most, wanted);
}
