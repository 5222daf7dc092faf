/** Room above current use that a limit always leaves, in bytes (MEM2). */
export const MEMORY_SLACK_BYTES = 32 * 1024 ** 2;

/** How much of a holder's cache one write may push out, so that no write takes long, in bytes. */
export const RECLAIM_BYTES_MAX = 256 * 1024 ** 2;

/** A holder's memory as the kernel counts it. */
export type MemoryCount = {
  /** Everything charged, cache of files included. */
  readonly chargedBytes: number;
  /** What the kernel can drop at once: clean cache of files not used lately. */
  readonly droppableBytes: number;
};

/** What is really in use: what a limit must leave room for. */
export function usedBytes(count: MemoryCount): number {
  return Math.max(0, count.chargedBytes - count.droppableBytes);
}

/**
 * The limit to write now on the way to the one wanted; null for none (MEM2).
 *
 * #### Notes
 * Never below the use plus slack, and never more than
 * {@link RECLAIM_BYTES_MAX} below what is charged: lowering a limit pushes cache
 * out within the write. So it may take several writes to come down.
 */
export function limitToWrite(wantedBytes: number | null, count: MemoryCount): number | null {
  if (wantedBytes === null) {
    return null;
  }
  const page = 4096;
  const least = Math.max(
    usedBytes(count) + MEMORY_SLACK_BYTES,
    count.chargedBytes - RECLAIM_BYTES_MAX
  );
  return Math.ceil(Math.max(wantedBytes, least) / page) * page;
}
