import { sit, stand, type CpuPool, type Seat, type Slot } from './cpuPool';

/** How many seats one step moves at most; the rest waits for the next steps. */
export const MOVES_PER_STEP = 8;

/** A move must gain at least this much load, or nothing would ever rest. */
const WORTH_MOVING = 0.1;

/**
 * Move parts of seats from the busiest CPUs to the idlest, where that gains
 * something (CPU4: no CPU idles while a running cell could use it).
 *
 * #### Notes
 * Returns the seats that were moved; their sizes stay. Exclusive seats stay
 * where they are.
 */
export function balance(pool: CpuPool): ReadonlySet<Seat> {
  const moved = new Set<Seat>();
  for (let round = 0; pool.unbalanced && round < MOVES_PER_STEP; round += 1) {
    const seat = moveOne(pool);
    if (!seat) {
      pool.unbalanced = false;
      break;
    }
    moved.add(seat);
  }
  return moved;
}

function moveOne(pool: CpuPool): Seat | null {
  let busiest: Slot | null = null;
  let idlest: Slot | null = null;
  for (const slot of pool.slots) {
    if (!slot.exclusive) {
      busiest = !busiest || slot.load > busiest.load ? slot : busiest;
      idlest = !idlest || slot.load < idlest.load ? slot : idlest;
    }
  }
  if (!busiest || !idlest || busiest.seats.size < 2) {
    return null;
  }
  const worth = WORTH_MOVING * Math.max(1, busiest.load);
  for (const seat of busiest.seats) {
    const gains = busiest.load - idlest.load - seat.each > worth;
    if (gains && seat.each > 0 && !idlest.seats.has(seat)) {
      move(pool, seat, busiest.cpu.id, idlest.cpu.id);
      return seat;
    }
  }
  return null;
}

function move(pool: CpuPool, seat: Seat, from: number, to: number): void {
  stand(pool, seat);
  seat.cpus = [...seat.cpus.filter(id => id !== from), to].sort((a, b) => a - b);
  sit(pool, seat);
}
