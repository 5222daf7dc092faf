import type { Refusal } from '../../protocol/errors';

const MIB = 1024 ** 2;

/** Room that is left below a limit for an interrupt to work, in bytes: an ordinary one. */
const HEADROOM_MIN_BYTES = 64 * MIB;
/** No more than this, however large the limit: at several GB/s it lasts a tenth of a second. */
const HEADROOM_MAX_BYTES = 512 * MIB;
/** The part of a limit that is left, between these. */
const HEADROOM_PART = 1 / 20;
/** No more than this part of a small limit, or little could be used. */
const HEADROOM_PART_MAX = 1 / 8;

/** What a cell may add to memory that was beyond the threshold when it began, in bytes. */
const GROWTH_BYTES = 16 * MIB;

/** How fast a cell is thought to allocate at most, in bytes per ms: 4 GB/s. */
const ALLOCATION_BYTES_PER_MS = 4e6;

/** A pause after an interrupt, in which the cell may end and free what it has, in ms. */
export const INTERRUPT_GRACE_MS = 3000;

/** Not looked at longer than this, in ms. */
const LOOK_MAX_MS = 250;

/**
 * Below this a look at what is charged, cache included, puts the next one off for
 * as long as a look at what is held would.
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
  /** When it was interrupted last. */
  interruptedMs: number | null;
  /** What it was told then. */
  why: Refusal | null;
};

/** The guard of a claim that begins, with what its holder keeps, where a limit is watched already. */
export function createGuard(floorBytes: number | null): Guard {
  return { floorBytes, isArmed: true, interruptedMs: null, why: null };
}

/**
 * The use from which a cell is interrupted (MEM3).
 *
 * #### Notes
 * Below the limit by 5 %, at least 64 MiB and at most 512 MiB, but never by more
 * than an eighth. A kernel that kept more than that when the cell began
 * (`floorBytes`) is not interrupted for it, or no cell could ever free it, but
 * for what the cell adds.
 */
export function interruptAtBytes(limitBytes: number, floorBytes: number): number {
  const ordinary = Math.max(HEADROOM_MIN_BYTES, limitBytes * HEADROOM_PART);
  const headroom = Math.min(ordinary, HEADROOM_MAX_BYTES, limitBytes * HEADROOM_PART_MAX);
  const near = limitBytes - headroom;
  return floorBytes < near ? near : floorBytes + GROWTH_BYTES;
}

/**
 * How long memory may go unwatched, in ms: until a cell that allocates as fast
 * as it can would be near.
 *
 * #### Notes
 * From `minMs`, near the threshold, to a quarter of a second, far below it and
 * beyond it.
 */
export function lookAfterMs(usedBytes: number, atBytes: number, minMs: number): number {
  const soonest = (atBytes - usedBytes) / ALLOCATION_BYTES_PER_MS;
  return soonest < 0 ? LOOK_MAX_MS : Math.min(LOOK_MAX_MS, Math.max(minMs, soonest));
}
