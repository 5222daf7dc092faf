import { PROC, V1, V2 } from './cgroupfs';
import { readNumberOrNull, readTable, type IHostFiles } from './files';

/** A directory's memory as the kernel counts it, in bytes. */
export type MemoryCount = {
  /** Everything charged, cache included. */
  readonly chargedBytes: number;
  /**
   * What is held: everything except what the kernel drops or writes back when a limit
   * is reached. Memory of processes, files in memory (shmem, tmpfs) and locked pages
   * are held; pages of files on a disk are not, nor are the kernel's own caches.
   */
  readonly heldBytes: number;
  /** What the kernel can drop at once, without waiting for a disk. */
  readonly cleanBytes: number;
};

/** Nothing charged. */
export const NO_MEMORY: MemoryCount = { chargedBytes: 0, heldBytes: 0, cleanBytes: 0 };

/** The names that one cgroup version uses for the figures of a directory's memory. */
export type MemoryFigures = {
  /** The file with the total charge. */
  readonly charged: string;
  /** The file with its breakdown. */
  readonly stat: string;
  /** Keys in it: unlocked pages of files on a disk, and those not yet written back. */
  readonly droppable: readonly string[];
  readonly unclean: readonly string[];
  /** Reclaimable kernel memory (names, inodes). */
  readonly slabOf: (
    files: IHostFiles,
    parts: ReadonlyMap<string, number>,
    chargedBytes: number
  ) => number;
};

export const MEMORY_V1: MemoryFigures = {
  charged: V1.memoryUsage,
  stat: V1.memoryStat,
  droppable: ['total_inactive_file', 'total_active_file'],
  unclean: ['total_dirty', 'total_writeback'],
  slabOf: (files, parts, chargedBytes) => {
    // Version 1 does not break down kernel memory: at most what the whole machine can reclaim.
    const pages = (parts.get('total_rss') ?? 0) + (parts.get('total_cache') ?? 0);
    const machineKiB = readTable(files, PROC.memory).get('SReclaimable') ?? 0;
    return Math.min(Math.max(0, chargedBytes - pages), machineKiB * 1024);
  }
};

export const MEMORY_V2: MemoryFigures = {
  charged: V2.memoryCurrent,
  stat: V2.memoryStat,
  droppable: ['inactive_file', 'active_file'],
  unclean: ['file_dirty', 'file_writeback'],
  slabOf: (_, parts) => parts.get('slab_reclaimable') ?? 0
};

/** Everything charged to a directory, in bytes; null if unknown. */
export function readCharged(
  files: IHostFiles,
  directory: string,
  { charged }: MemoryFigures
): number | null {
  return readNumberOrNull(files, `${directory}/${charged}`);
}

/** The parts of what is charged to a directory. */
export function countMemory(
  files: IHostFiles,
  directory: string,
  figures: MemoryFigures,
  chargedBytes: number
): MemoryCount {
  const parts = readTable(files, `${directory}/${figures.stat}`);
  const sum = (names: readonly string[]) =>
    names.reduce((bytes, name) => bytes + (parts.get(name) ?? 0), 0);
  const droppable = sum(figures.droppable);
  const slab = figures.slabOf(files, parts, chargedBytes);
  return {
    chargedBytes,
    heldBytes: Math.max(0, chargedBytes - droppable - slab),
    cleanBytes: Math.max(0, droppable - sum(figures.unclean))
  };
}
