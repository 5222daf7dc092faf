import type { IHostFiles } from '../../host/files';
import {
  countMemory,
  readCharged,
  type MemoryCount,
  type MemoryFigures
} from '../../host/memoryCount';

/** Reads the memory charged to holders' directories, identically in both cgroup versions. */
export class MemoryUse {
  /** From directory to its last count. */
  private readonly counted = new Map<string, MemoryCount>();

  constructor(
    private readonly files: IHostFiles,
    private readonly figures: MemoryFigures
  ) {}

  /** What is charged to a directory; null if unknown. */
  count(directory: string): MemoryCount | null {
    const chargedBytes = readCharged(this.files, directory, this.figures);
    return chargedBytes === null ? null : this.look(directory, chargedBytes);
  }

  /**
   * What is held, in bytes, for the ledger and for people; null if unknown.
   *
   * #### Notes
   * While the charge is unchanged, so almost always is what could be dropped: with
   * fifty idle kernels the longer file is not read over and
   * over. For limits it is counted anew each time.
   */
  shown(directory: string): number | null {
    const chargedBytes = readCharged(this.files, directory, this.figures);
    const last = this.counted.get(directory);
    if (chargedBytes === null) {
      return null;
    }
    return (last?.chargedBytes === chargedBytes ? last : this.look(directory, chargedBytes))
      .heldBytes;
  }

  /** What is held, in bytes; below `exactFromBytes` a single read suffices, and may be too high. */
  held(directory: string, exactFromBytes: number): number | null {
    const chargedBytes = readCharged(this.files, directory, this.figures);
    return chargedBytes === null || chargedBytes < exactFromBytes
      ? chargedBytes
      : this.look(directory, chargedBytes).heldBytes;
  }

  /** Forget a directory that was removed. */
  forget(directory: string): void {
    this.counted.delete(directory);
  }

  private look(directory: string, chargedBytes: number): MemoryCount {
    const count = countMemory(this.files, directory, this.figures, chargedBytes);
    this.counted.set(directory, count);
    return count;
  }
}
