import { V2 } from '../../host/cgroupfs';
import { readTable, type IHostFiles } from '../../host/files';
import { MEMORY_V2, NO_MEMORY } from '../../host/memoryCount';
import { tolerate } from '../failures';
import { MEMORY_SLACK_BYTES, isAbove, limitToWrite, limitWithoutLook } from './memoryLimit';
import type { IMemoryLimits } from './cgroupVersion';
import { MemoryUse } from './memoryUse';
import type { Written } from './written';

const NO_LIMIT = 'max';

/** Memory limits of cgroup version 2, where a limit below the use kills at once. */
export class MemoryV2 implements IMemoryLimits {
  readonly use: MemoryUse;

  constructor(
    private readonly files: IHostFiles,
    private readonly written: Written,
    private readonly hasSwapLimit: boolean
  ) {
    this.use = new MemoryUse(files, MEMORY_V2);
  }

  kills(directory: string): number {
    return readTable(this.files, `${directory}/${V2.memoryEvents}`).get('oom_kill') ?? 0;
  }

  /** Whether an allocation in the directory ever failed at its limit. */
  hasReachedLimit(directory: string): boolean {
    return (readTable(this.files, `${directory}/${V2.memoryEvents}`).get('oom') ?? 0) > 0;
  }

  /** Write a limit, or the lowest one that kills no process now (MEM2). */
  limit(holderId: string, directory: string, wantedBytes: number | null): void {
    const safe = limitWithoutLook(wantedBytes, this.inForce(holderId));
    const limit = safe !== undefined ? safe : this.makeRoom(directory, wantedBytes);
    const text = limit === null ? NO_LIMIT : `${limit}`;
    this.written.write(holderId, directory, V2.memoryMax, text);
    if (this.hasSwapLimit) {
      // A limit that could be exceeded into swap would not protect the neighbours.
      const swap = limit === null ? NO_LIMIT : '0';
      this.written.write(holderId, directory, V2.memorySwapMax, swap);
    }
  }

  lower(holderId: string, directory: string, wantedBytes: number | null): void {
    if (isAbove(this.inForce(holderId), wantedBytes)) {
      tolerate(V2.memoryMax, ['ENOENT'], () => this.limit(holderId, directory, wantedBytes));
    }
  }

  /** Evict cache, by a write that kills no process, as far as the wanted limit needs it. */
  private makeRoom(directory: string, wantedBytes: number | null): number | null {
    let count = this.use.count(directory) ?? NO_MEMORY;
    const aim = limitToWrite(wantedBytes, count);
    const excess = aim === null ? 0 : count.chargedBytes + MEMORY_SLACK_BYTES - aim;
    if (excess > 0 && count.cleanBytes > 0) {
      tolerate(V2.memoryReclaim, ['EAGAIN', 'ENOENT', 'EACCES', 'EINVAL'], () =>
        this.files.write(
          `${directory}/${V2.memoryReclaim}`,
          `${Math.min(excess, count.cleanBytes)}`
        )
      );
      count = this.use.count(directory) ?? NO_MEMORY;
    }
    return limitToWrite(wantedBytes, { ...count, cleanBytes: 0 });
  }

  /** The last written limit, in bytes; null for none or an unknown one. */
  private inForce(holderId: string): number | null {
    const last = this.written.last(holderId, V2.memoryMax) ?? NO_LIMIT;
    return last === NO_LIMIT ? null : Number(last);
  }
}
