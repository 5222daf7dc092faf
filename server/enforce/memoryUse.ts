import { readNumberOrNull, readTable, type IHostFiles } from '../host/files';
import { usedBytes, type MemoryCount } from './memoryLimit';

/** What one cgroup version calls the figures of a directory's memory. */
export type MemoryFigures = {
  /** The file with everything charged. */
  readonly charged: string;
  /** The file with its parts, and in it those that count here. */
  readonly stat: string;
  readonly inactiveFile: string;
  readonly dirty: string;
  readonly writeback: string;
};

/** Reads what is charged to holders' directories, the same way in both cgroup versions. */
export class MemoryUse {
  /** From directory to its last count. */
  private readonly counted = new Map<string, MemoryCount>();

  constructor(
    private readonly files: IHostFiles,
    private readonly figures: MemoryFigures
  ) {}

  /** What is charged to a directory; null where that cannot be told. */
  count(directory: string): MemoryCount | null {
    const chargedBytes = this.charged(directory);
    return chargedBytes === null ? null : this.look(directory, chargedBytes);
  }

  /**
   * What is used, in bytes, for people to see; null where that cannot be told.
   *
   * #### Notes
   * While the charge stays the same so does what could be dropped, as good as
   * always: of fifty kernels that idle, the longer file is not read again and
   * again. What limits are made of is counted anew each time.
   */
  shown(directory: string): number | null {
    const chargedBytes = this.charged(directory);
    const last = this.counted.get(directory);
    if (chargedBytes === null) {
      return null;
    }
    return usedBytes(
      last?.chargedBytes === chargedBytes ? last : this.look(directory, chargedBytes)
    );
  }

  /** What is used, in bytes; below `exactFromBytes` one read is enough, and may be too high. */
  used(directory: string, exactFromBytes: number): number | null {
    const chargedBytes = this.charged(directory);
    return chargedBytes === null || chargedBytes < exactFromBytes
      ? chargedBytes
      : usedBytes(this.look(directory, chargedBytes));
  }

  /** Forget a directory that is gone. */
  forget(directory: string): void {
    this.counted.delete(directory);
  }

  private charged(directory: string): number | null {
    return readNumberOrNull(this.files, `${directory}/${this.figures.charged}`);
  }

  private look(directory: string, chargedBytes: number): MemoryCount {
    const { stat, inactiveFile, dirty, writeback } = this.figures;
    const parts = readTable(this.files, `${directory}/${stat}`);
    const unclean = (parts.get(dirty) ?? 0) + (parts.get(writeback) ?? 0);
    const droppableBytes = Math.max(0, (parts.get(inactiveFile) ?? 0) - unclean);
    const count = { chargedBytes, droppableBytes };
    this.counted.set(directory, count);
    return count;
  }
}
