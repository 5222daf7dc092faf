import { V1 } from '../../host/cgroupfs';
import { readNumberOrNull, readTable, type IHostFiles } from '../../host/files';
import { MEMORY_V1, NO_MEMORY } from '../../host/memoryCount';
import { errnoIn, tolerate } from '../failures';
import { isAbove, limitToWrite, limitWithoutLook } from './memoryLimit';
import type { IMemoryLimits } from './cgroupVersion';
import { MemoryUse } from './memoryUse';
import type { Written } from './written';

const NO_LIMIT = '-1';
/** The kernel reports no limit as the largest number of whole pages. */
const UNLIMITED_BYTES = 2 ** 62;
const TRIES_MAX = 4;
/** The largest allocation that is refused at a limit: a huge page. */
const LARGEST_PAGE_BYTES = 2 * 1024 ** 2;

/** Memory limits of cgroup version 1, which the kernel refuses with EBUSY if they are too low. */
export class MemoryV1 implements IMemoryLimits {
  readonly use: MemoryUse;

  constructor(
    private readonly files: IHostFiles,
    private readonly written: Written,
    /** Whether memory with swap can be limited. */
    private readonly hasSwapLimit: boolean
  ) {
    this.use = new MemoryUse(files, MEMORY_V1);
  }

  kills(directory: string): number {
    return readTable(this.files, `${directory}/${V1.memoryOom}`).get('oom_kill') ?? 0;
  }

  /**
   * Whether the directory's use ever reached its limit.
   *
   * #### Notes
   * By the peak: `memory.failcnt` does not count if the limit with swap, which has
   * the same value, is hit first, and that one's counter is no longer kept (seen on Linux 6.18).
   */
  hasReachedLimit(directory: string): boolean {
    const peakBytes = readNumberOrNull(this.files, `${directory}/${V1.memoryPeak}`);
    const limitBytes = readNumberOrNull(this.files, `${directory}/${V1.memoryLimit}`);
    return (peakBytes ?? 0) + LARGEST_PAGE_BYTES >= (limitBytes ?? Infinity);
  }

  /** Write a limit, or the lowest one possible now (MEM2). */
  limit(holderId: string, directory: string, wantedBytes: number | null): void {
    const safe = limitWithoutLook(wantedBytes, this.inForce(holderId, directory));
    if (safe !== undefined) {
      this.write(holderId, directory, safe);
      return;
    }
    for (let tries = 0; ; tries += 1) {
      const count = this.use.count(directory) ?? NO_MEMORY;
      const cleanBytes = tries > 0 ? 0 : count.cleanBytes;
      try {
        this.write(holderId, directory, limitToWrite(wantedBytes, { ...count, cleanBytes }));
        return;
      } catch (error) {
        if (errnoIn(error) !== 'EBUSY' || tries >= TRIES_MAX) {
          throw error;
        }
      }
    }
  }

  lower(holderId: string, directory: string, wantedBytes: number | null): void {
    if (wantedBytes !== null && isAbove(this.inForce(holderId, directory), wantedBytes)) {
      tolerate(V1.memoryLimit, ['EBUSY', 'ENOENT'], () =>
        this.limit(holderId, directory, wantedBytes)
      );
    }
  }

  /**
   * The limit in force, in bytes; null for none. Read from the kernel if it
   * was not written from here: an earlier sidecar may have written it.
   */
  private inForce(holderId: string, directory: string): number | null {
    const last = this.written.last(holderId, V1.memoryLimit);
    const bytes =
      last === undefined
        ? (readNumberOrNull(this.files, `${directory}/${V1.memoryLimit}`) ?? Infinity)
        : Number(last);
    return last === NO_LIMIT || bytes >= UNLIMITED_BYTES ? null : bytes;
  }

  /** The limit with swap is never below the one without: the order of writes depends on the direction. */
  private write(holderId: string, directory: string, limitBytes: number | null): void {
    const files = this.hasSwapLimit ? [V1.memoryLimit, V1.memorySwapLimit] : [V1.memoryLimit];
    const before = this.inForce(holderId, directory);
    const rises = limitBytes === null || (before !== null && limitBytes > before);
    const text = limitBytes === null ? NO_LIMIT : `${limitBytes}`;
    for (const file of rises ? [...files].reverse() : files) {
      this.written.write(holderId, directory, file, text);
    }
  }
}
