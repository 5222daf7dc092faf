import type { HeldMemory } from '../host/memoryMeter';

/** What others hold counts as more once so many readings in a row say so. */
const READINGS = 3;

/** What is less than this part of all memory, or less than so much, is no news. */
const NEWS_SHARE = 0.01;
const NEWS_BYTES_MIN = 128 * 1024 ** 2;

/** What others hold, of all that there is. */
export type Others = { readonly bytes: number; readonly totalBytes: number };

/**
 * Tells memory that others hold (ADM14) from readings of all that is held.
 *
 * #### Notes
 * Kernels and the node are not read at one moment: memory that a kernel has just taken, or
 * a kernel that has just ended, is somebody else's for one reading. So the least of the last
 * few readings counts: less at once, more only when it stays. And decisions are not to
 * change with each page that a browser loads: small changes are no news.
 */
export class OthersMemory {
  private recent: number[] = [];
  private told: Others | null = null;

  /** Take in a reading, and what our kernels hold of it; returns what is news of it, or null. */
  note({ totalBytes, heldBytes }: HeldMemory, oursBytes: number): Others | null {
    this.recent = [...this.recent, Math.max(0, heldBytes - oursBytes)].slice(-READINGS);
    const bytes = Math.min(...this.recent);
    const step = Math.max(NEWS_BYTES_MIN, totalBytes * NEWS_SHARE);
    const { told } = this;
    if (told?.totalBytes === totalBytes && Math.abs(bytes - told.bytes) < step) {
      return null;
    }
    this.told = { bytes, totalBytes };
    return this.told;
  }
}
