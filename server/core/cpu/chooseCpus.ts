import { cpuSetOf, type CpuSet } from '../../protocol/cpuset';
import { isUnused, type CpuPool, type Slot } from './cpuPool';

/** The sort keys of a CPU; numbers, so that thousands are compared quickly. */
type Candidate = {
  readonly slot: Slot;
  readonly load: number;
  readonly coreLoad: number;
  readonly isKept: number;
  readonly isElsewhere: number;
  readonly numaSlack: number;
  readonly cacheSlack: number;
};

/**
 * CPU5, in this order:
 * 1. the least loaded, so that sets are disjoint while they fit,
 * 2. whole cores: those whose hyper-threads are all free,
 * 3. those that no holder keeps for its next cell (ADM9),
 * 4. where the holder was last,
 * 5. the memory node, then the cache, that the allocation fits most tightly,
 * 6. neighbours, by memory node, cache, core and id, so that a replay is exact.
 */
function placementOrder(a: Candidate, b: Candidate): number {
  return (
    a.load - b.load ||
    a.coreLoad - b.coreLoad ||
    a.isKept - b.isKept ||
    a.isElsewhere - b.isElsewhere ||
    a.numaSlack - b.numaSlack ||
    a.slot.cpu.numa - b.slot.cpu.numa ||
    a.cacheSlack - b.cacheSlack ||
    a.slot.cpu.cache - b.slot.cpu.cache ||
    a.slot.cpu.core - b.slot.cpu.core ||
    a.slot.cpu.id - b.slot.cpu.id
  );
}

/** A domain that is too small comes after all that are large enough; of these, most free first. */
const TOO_SMALL = 1e6;

function slack(free: number, n: number): number {
  return free >= n ? free - n : TOO_SMALL - free;
}

/** Loads that differ by less are equal: this keeps masks from wandering. */
const LOAD_STEP = 0.25;

function coarse(load: number): number {
  return Math.round(load / LOAD_STEP);
}

/**
 * Choose `n` shared CPUs: those of `own`, which are at most `n`,
 * and the best others (CPU5), preferring those of `last`.
 *
 * #### Notes
 * Returns fewer than `n` only if fewer are shared, or otherwise open. Changes nothing. Does not
 * distinguish a holder's load on its own CPUs from others': deallocate before choosing anew.
 */
export function chooseCpus(
  pool: CpuPool,
  n: number,
  last: CpuSet,
  own: CpuSet = [],
  isOpen: (slot: Slot) => boolean = slot => !slot.exclusive
): CpuSet {
  const more = n - own.length;
  const sticky = new Set(last);
  const candidates: Candidate[] = [];
  for (const slot of pool.slots) {
    if (isOpen(slot) && !own.includes(slot.cpu.id)) {
      candidates.push(candidateOf(slot, more, sticky));
    }
  }
  return cpuSetOf([...own, ...firstOf(candidates, more).map(it => it.slot.cpu.id)]);
}

function candidateOf(slot: Slot, n: number, sticky: ReadonlySet<number>): Candidate {
  let coreLoad = 0;
  for (const sibling of slot.core.slots) {
    coreLoad = Math.max(coreLoad, sibling.load);
  }
  return {
    slot,
    load: coarse(slot.load),
    coreLoad: coarse(coreLoad),
    isKept: isUnused(slot) && slot.allocations.size > 0 ? 1 : 0,
    isElsewhere: sticky.has(slot.cpu.id) ? 0 : 1,
    numaSlack: slack(slot.numa.free, n),
    cacheSlack: slack(slot.cache.free, n)
  };
}

/** The first `n` in order; usually one is wanted, and found without sorting them all. */
function firstOf(candidates: Candidate[], n: number): Candidate[] {
  if (n !== 1 || candidates.length === 0) {
    return candidates.sort(placementOrder).slice(0, n);
  }
  return [candidates.reduce((best, it) => (placementOrder(it, best) < 0 ? it : best))];
}
