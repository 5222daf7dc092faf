import { cpuSetOf } from '../../protocol/cpuset';
import type { Allocation } from '../entries';
import { allocate, deallocate, type CpuPool, type Slot } from './cpuPool';

/** How many allocations one step moves at most; the rest waits for the next steps. */
const MOVES_PER_STEP = 8;

/** A move must gain at least this much load, or allocations would never settle. */
const WORTH_MOVING = 0.1;

/**
 * Move parts of allocations from the busiest CPUs to the least loaded, if that gains
 * something (CPU4: no CPU idles while a running cell could use it).
 *
 * #### Notes
 * Returns the allocations that were moved; their sizes do not change. Exclusive allocations
 * do not move.
 */
export function balance(pool: CpuPool): ReadonlySet<Allocation> {
  const moved = new Set<Allocation>();
  for (let round = 0; pool.unbalanced && round < MOVES_PER_STEP; round += 1) {
    const allocation = moveOne(pool);
    if (!allocation) {
      pool.unbalanced = false;
      break;
    }
    moved.add(allocation);
  }
  return moved;
}

function moveOne(pool: CpuPool): Allocation | null {
  let busiest: Slot | null = null;
  let idlest: Slot | null = null;
  for (const slot of pool.slots) {
    if (!slot.exclusive) {
      busiest = !busiest || slot.load > busiest.load ? slot : busiest;
      idlest = !idlest || slot.load < idlest.load ? slot : idlest;
    }
  }
  if (!busiest || !idlest || busiest.allocations.size < 2) {
    return null;
  }
  const worth = WORTH_MOVING * Math.max(1, busiest.load);
  for (const allocation of busiest.allocations) {
    const gains = busiest.load - idlest.load - allocation.each > worth;
    if (gains && allocation.each > 0 && !idlest.allocations.has(allocation)) {
      move(pool, allocation, busiest.cpu.id, idlest.cpu.id);
      return allocation;
    }
  }
  return null;
}

function move(pool: CpuPool, allocation: Allocation, from: number, to: number): void {
  deallocate(pool, allocation);
  allocation.cpus = cpuSetOf([...allocation.cpus.filter(id => id !== from), to]);
  allocate(pool, allocation);
}
