import type { HeldMemory } from '../host/memoryMeter';

/** Others' memory is taken to have grown once this many readings in a row agree. */
const READINGS = 3;

/** Changes below this fraction of all memory, or below this many bytes, are not reported. */
const NEWS_SHARE = 0.01;
const NEWS_BYTES_MIN = 128 * 1024 ** 2;

/** The memory that others hold, and the total. */
export type Others = { readonly bytes: number; readonly totalBytes: number };

/**
 * Derives the memory that others hold (ADM14) from readings of all memory in use.
 *
 * #### Notes
 * Kernels and the node are not read at the same moment: memory that a kernel just took, or
 * a kernel that just ended, looks like others' for one reading. So the minimum of the last
 * few readings counts: a fall at once, a rise only if it persists. Small changes are not
 * reported, so that decisions do not change with each page that a browser loads.
 */
export class OthersMemory {
  private recent: number[] = [];
  private told: Others | null = null;

  /** Record a reading, and what our kernels hold of it; returns a change to report, or null. */
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
