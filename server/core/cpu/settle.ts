import { watchShortage } from './demand';
import { leasesOf, markAllDirty } from '../holder/leases';
import { fitMasks, usesMasks } from './masks';
import { balance } from './balance';
import { chooseCpus } from './chooseCpus';
import type { Allocation, HolderEntry, Lease, RunningEntry } from '../entries';
import { allocate, deallocate } from './cpuPool';
import { shareOf } from '../policy/shareTree';
import type { State } from '../state';
import { tell } from '../claim/story';

/** How many running claims one step examines in addition to those it concerns. */
const ROUND_PER_STEP = 4;
/** How many a tick examines: on any common node, all of them. */
export const ROUND_PER_TICK = 2048;

/** The next running claims in rotation; each at most once per call. */
export function nextOfRound(state: State, count: number): RunningEntry[] {
  const found: RunningEntry[] = [];
  const most = Math.min(count, state.running.size);
  for (let fresh = false; found.length < most;) {
    const next = state.round.next();
    if (!next.done) {
      state.running.has(next.value) && found.push(next.value);
    } else if (fresh) {
      break;
    } else {
      state.round = state.running.values();
      fresh = true;
    }
  }
  return found;
}

/**
 * Adapt CPUs to the changes of this step: places, masks and weights.
 *
 * #### Notes
 * Each step examines a few claims, all of them in rotation, so that a step
 * costs the same however many run.
 */
export function settleCpus(state: State, ticked: readonly RunningEntry[]): void {
  const changed = watchShortage(state);
  const lookAt = state.isShort && ticked.length === 0 ? nextOfRound(state, ROUND_PER_STEP) : ticked;
  const { moved } = state.pool;
  if (moved) {
    state.pool.moved = false;
    state.shares.capacity = state.pool.slots.length - state.pool.exclusive;
    reseatAll(state);
    markAllDirty(state);
  }
  if (state.isShort && state.node?.sharesByWeight) {
    lookAt.forEach(entry => state.dirty.add(entry.holder)); // a weight may be due
  }
  if (usesMasks(state) || state.masked.size > 0) {
    fitMasks(state, changed || moved ? state.running : [...state.touched, ...lookAt]);
  }
  state.touched.clear();
  state.pool.taken.clear();
  for (const allocation of balance(state.pool)) {
    state.dirty.add(allocation.holder);
    announce(state, allocation);
  }
}

/** Pinned sets that lost CPUs to an exclusive claim, or may have them back, move (CPU6). */
function reseatAll(state: State): void {
  for (const holder of state.holders.values()) {
    for (const lease of leasesOf(holder)) {
      const { allocation } = lease;
      if (allocation?.kind === 'pinned') {
        reseat(state, holder, lease, Math.max(1, lease.promisedCpus, allocation.cpus.length));
      }
    }
  }
}

/** Place a pinned lease on this many CPUs, as far as the shared pool has them. */
function reseat(state: State, holder: HolderEntry, lease: Lease, wanted: number): void {
  const { allocation } = lease;
  const { pool } = state;
  const size = Math.min(wanted, lease.cpusMax, pool.slots.length - pool.exclusive);
  if (!allocation || size < 1) {
    return;
  }
  const isWell = allocation.cpus.every(id => pool.byId.get(id)?.exclusive === false);
  if (isWell && allocation.cpus.length === size) {
    return;
  }
  deallocate(pool, allocation);
  allocation.cpus = chooseCpus(pool, size, allocation.cpus);
  allocate(pool, allocation);
  state.dirty.add(holder);
  announce(state, allocation);
}

/** Notify the claim whose pinned set moved. */
function announce(state: State, allocation: Allocation): void {
  for (const entry of allocation.holder.running) {
    const { phase, claim } = entry;
    if (phase.lease.allocation === allocation) {
      const { cpus } = allocation;
      phase.grant = { ...phase.grant, cpus };
      tell(state, entry, { kind: 'moved', cpus });
      const { id, holderId } = claim;
      state.messages.push({ type: 'regrant', holderId, claimId: id, grant: phase.grant });
    }
  }
}

/** The size of a range follows its share, between its ends (CPU1). */
export function resizeRanges(state: State): void {
  for (const entry of state.leasing) {
    const { lease, leaf } = entry.phase;
    if (leaf && lease.allocation && lease.cpusMax > lease.promisedCpus) {
      const share = Math.round(shareOf(state.shares, leaf));
      reseat(state, entry.holder, lease, Math.max(lease.promisedCpus, share));
    }
  }
}
