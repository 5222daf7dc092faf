import type { Refusal } from '../../protocol/errors';

const MIB = 1024 ** 2;

/** Room below a usual limit that is left for an interrupt to work, in bytes. */
const HEADROOM_MIN_BYTES = 64 * MIB;
/** At most this, however large the limit: at several GB/s it lasts a tenth of a second. */
const HEADROOM_MAX_BYTES = 512 * MIB;
/** The fraction of a limit that is left, between these bounds. */
const HEADROOM_PART = 1 / 20;
/** At most this fraction of a small limit, or little could be used. */
const HEADROOM_PART_MAX = 1 / 8;

/** What a cell may add to memory that was beyond the threshold when it started, in bytes. */
const GROWTH_BYTES = 16 * MIB;

/** The assumed maximum rate at which a cell allocates, in bytes per ms: 4 GB/s. */
const ALLOCATION_BYTES_PER_MS = 4e6;

/** A pause after an interrupt, in which the cell may end and free what it has, in ms. */
export const INTERRUPT_GRACE_MS = 3000;

/** The longest time between two reads, in ms. */
const LOOK_MAX_MS = 250;

/**
 * Below this, a read of what is charged, including cache, delays the next one by
 * as long as a read of what is held would.
 */
export function roughUntilBytes(atBytes: number): number {
  return atBytes - LOOK_MAX_MS * ALLOCATION_BYTES_PER_MS;
}

/** What the guard knows of one running claim. */
export type Guard = {
  /** What its holder kept when the claim was first measured; null before. */
  floorBytes: number | null;
  /** Whether it may be interrupted: not twice, unless memory was freed in between. */
  isArmed: boolean;
  /** When it was last interrupted. */
  interruptedMs: number | null;
  /** The message it got then. */
  why: Refusal | null;
};

/** The guard of a claim that starts, with what its holder keeps if a limit is already watched. */
export function createGuard(floorBytes: number | null): Guard {
  return { floorBytes, isArmed: true, interruptedMs: null, why: null };
}

/**
 * The use from which a cell is interrupted (MEM3).
 *
 * #### Notes
 * Below the limit by 5 %, at least 64 MiB and at most 512 MiB, but never by more
 * than an eighth. A kernel that kept more than that when the cell started
 * (`floorBytes`) is not interrupted for that, or no cell could ever free it, but
 * for what the cell adds.
 */
export function interruptAtBytes(limitBytes: number, floorBytes: number): number {
  const ordinary = Math.max(HEADROOM_MIN_BYTES, limitBytes * HEADROOM_PART);
  const headroom = Math.min(ordinary, HEADROOM_MAX_BYTES, limitBytes * HEADROOM_PART_MAX);
  const near = limitBytes - headroom;
  return floorBytes < near ? near : floorBytes + GROWTH_BYTES;
}

/**
 * How long memory may stay unwatched, in ms: until a cell that allocates as fast
 * as it can would come near the limit.
 *
 * #### Notes
 * From `minMs`, near the threshold, to a quarter of a second, far below it and
 * beyond it.
 */
export function lookAfterMs(usedBytes: number, atBytes: number, minMs: number): number {
  const soonest = (atBytes - usedBytes) / ALLOCATION_BYTES_PER_MS;
  return soonest < 0 ? LOOK_MAX_MS : Math.min(LOOK_MAX_MS, Math.max(minMs, soonest));
}
