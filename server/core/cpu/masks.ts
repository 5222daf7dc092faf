import { cpuSetOf, type CpuSet } from '../../protocol/cpuset';
import { chooseCpus } from './chooseCpus';
import type { Allocation, RunningEntry } from '../entries';
import { isUnused, allocate, deallocate, weighAllocation, type CpuPool } from './cpuPool';
import { relativeSeniority } from '../policy/seniority';
import { shareOf } from '../policy/shareTree';
import type { State } from '../state';

/** Whether a node confines running claims by masks, at least while CPUs are short. */
export function usesMasks(state: State): boolean {
  const { node } = state;
  return node !== null && (!node.sharesByWeight || node.packsThreads);
}

/**
 * Whether claims have masks now: always if the scheduler packs threads, since nothing
 * else separates them; in a tier without weights, while CPUs are short.
 */
function needsMasks(state: State): boolean {
  const isNeeded = state.isShort || state.node?.packsThreads === true;
  return state.policy === 'dynamic' && usesMasks(state) && isNeeded;
}

/** Whether a claim's share is enforced by a mask: it named no CPUs itself. */
function isMaskable(entry: RunningEntry): boolean {
  return entry.phase.leaf !== null && entry.phase.lease.allocation === null;
}

/**
 * Enforce shares by masks: in tiers without weights, and if threads are packed
 * (CPU3, CPU5, CPU10).
 *
 * #### Notes
 * Examines the given claims, whose shares may have changed, and those with CPUs
 * that were allocated to any holder since the last step. A new mask has the share
 * rounded to whole CPUs. CPUs that nobody has are added to masks that want more,
 * so that together masks cover the node, and `balance` moves parts of masks to
 * idle CPUs. A mask keeps what it has beyond its share until that is allocated to
 * another claim, so that one change moves few masks.
 */
export function fitMasks(state: State, entries: Iterable<RunningEntry>): void {
  if (!needsMasks(state)) {
    for (const entry of state.masked) {
      liftMask(state, entry);
    }
    return;
  }
  for (const entry of entries) {
    entry.phase.state === 'running' && isMaskable(entry) && fitMask(state, entry);
  }
  const { taken } = state.pool;
  for (const entry of state.wide) {
    entry.phase.mask?.cpus.some(id => taken.has(id)) && fitMask(state, entry);
  }
  coverBareCpus(state);
}

/** Remove a claim's mask. */
export function liftMask(state: State, entry: RunningEntry): void {
  const { mask } = entry.phase;
  if (mask) {
    deallocate(state.pool, mask);
    entry.phase.mask = null;
    state.masked.delete(entry);
    state.wide.delete(entry);
    state.dirty.add(entry.holder);
  }
}

/**
 * The CPUs that a masked claim counts with: its share, more for a fresh cell and less
 * for an old one (CPU7), and no more than there are.
 */
function countedCpus({ pool, shares }: State, { phase: { leaf } }: RunningEntry): number {
  const shared = pool.slots.length - pool.exclusive;
  const wanted = leaf ? shareOf(shares, leaf) * relativeSeniority(leaf) : 0;
  return Math.min(shared, wanted, leaf?.consumer.demand ?? 0);
}

/** A mask grows only if its share is larger by more CPUs than this. */
const WORTH_GROWING = 0.5;
/** A mask is recounted only if its load is off by more. */
const WORTH_COUNTING = 0.1;

function fitMask(state: State, entry: RunningEntry): void {
  const { pool } = state;
  const { mask } = entry.phase;
  const counted = countedCpus(state, entry);
  const size = Math.max(1, Math.round(counted));
  const kept = mask ? keptCpus(pool, mask, size) : [];
  const isWideEnough = kept.length > 0 && kept.length >= counted - WORTH_GROWING;
  if (!isWideEnough) {
    const last = entry.holder.lastPinned;
    seatMask(state, entry, counted, () => chooseCpus(pool, size, last, kept));
  } else if (kept.length !== mask?.cpus.length) {
    seatMask(state, entry, counted, () => kept);
  } else {
    const each = Math.min(1, counted / kept.length);
    Math.abs(mask.each - each) > WORTH_COUNTING && weighAllocation(pool, mask, each);
  }
}

/** The CPUs of a mask, except those made exclusive and, beyond its size, those that others want. */
function keptCpus({ byId }: CpuPool, mask: Allocation, size: number): CpuSet {
  const shared = mask.cpus.filter(id => byId.get(id)?.exclusive === false);
  if (shared.length <= size) {
    return shared;
  }
  const given = shared
    .filter(id => byId.get(id)!.allocations.size > 1)
    .sort((a, b) => byId.get(b)!.load - byId.get(a)!.load)
    .slice(0, shared.length - size);
  return given.length ? shared.filter(id => !given.includes(id)) : shared;
}

/** Allocate a claim new CPUs; they are chosen after its old ones are deallocated. */
function seatMask(state: State, entry: RunningEntry, counted: number, choose: () => CpuSet): void {
  const { phase, holder } = entry;
  phase.mask && deallocate(state.pool, phase.mask);
  const cpus = choose();
  phase.mask = { kind: 'share', holder, cpus, each: Math.min(1, counted / cpus.length) };
  allocate(state.pool, phase.mask);
  state.masked.add(entry);
  cpus.length > 1 ? state.wide.add(entry) : state.wide.delete(entry);
  state.dirty.add(holder);
}

/** How many masks are considered for a CPU that nobody wants. */
const TAKERS_MAX = 64;

/** CPU4: a CPU on which nothing runs goes to the masked cell that could use it best. */
function coverBareCpus(state: State): void {
  for (const slot of state.pool.slots) {
    if (isUnused(slot) && !slot.exclusive) {
      const taker = leastServed(state);
      if (!taker) {
        return;
      }
      const cpus = cpuSetOf([...(taker.phase.mask?.cpus ?? []), slot.cpu.id]);
      seatMask(state, taker, countedCpus(state, taker), () => cpus);
    }
  }
}

function leastServed(state: State): RunningEntry | null {
  let best: RunningEntry | null = null;
  let most = -Infinity;
  let looked = 0;
  for (const entry of state.masked) {
    const { leaf, mask } = entry.phase;
    const lacks = (leaf?.consumer.demand ?? 0) - (mask?.cpus.length ?? 0);
    [best, most] = lacks > most ? [entry, lacks] : [best, most];
    looked += 1;
    if (looked === TAKERS_MAX) {
      break;
    }
  }
  return best;
}
