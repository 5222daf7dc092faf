import type { MemoryCount } from '../../host/memoryCount';

/** Room above current use that a limit always leaves, in bytes (MEM2). */
export const MEMORY_SLACK_BYTES = 32 * 1024 ** 2;

/** How much of a holder's cache one write may evict, so that no write takes long, in bytes. */
const RECLAIM_BYTES_MAX = 256 * 1024 ** 2;

const PAGE_BYTES = 4096;

/** The kernel rounds limits to whole pages. */
function inPages(bytes: number): number {
  return Math.ceil(bytes / PAGE_BYTES) * PAGE_BYTES;
}

/**
 * The wanted limit, if it can be written without reading the use: that is so for no
 * limit, and for one that is at least the limit in force. Undefined
 * if the use must be read.
 */
export function limitWithoutLook(
  wantedBytes: number | null,
  inForceBytes: number | null
): number | null | undefined {
  if (wantedBytes === null) {
    return null;
  }
  return inForceBytes !== null && inPages(wantedBytes) >= inForceBytes
    ? inPages(wantedBytes)
    : undefined;
}

/** Whether a limit in force is still above the wanted one, so that it should be lowered. */
export function isAbove(inForceBytes: number | null, wantedBytes: number | null): boolean {
  return inForceBytes !== null && wantedBytes !== null && inForceBytes > inPages(wantedBytes);
}

/**
 * The limit to write now on the way to the wanted one; null for none (MEM2).
 *
 * #### Notes
 * Never below the use plus slack, and never more than
 * {@link RECLAIM_BYTES_MAX} below what is charged: lowering a limit evicts cache
 * within the write, which blocks the sidecar. So it may take several
 * writes to come down, and what must be written to a disk first counts as used here,
 * though it is not held.
 */
export function limitToWrite(wantedBytes: number | null, count: MemoryCount): number | null {
  if (wantedBytes === null) {
    return null;
  }
  const least = Math.max(
    count.chargedBytes - count.cleanBytes + MEMORY_SLACK_BYTES,
    count.chargedBytes - RECLAIM_BYTES_MAX
  );
  return inPages(Math.max(wantedBytes, least));
}
