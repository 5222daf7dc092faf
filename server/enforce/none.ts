import { UNPINNED, type CpuPinning } from '../protocol/grant';
import type { TierView } from '../protocol/view';
import type { IHostFiles } from '../host/files';
import { findAncestor, isAlive } from '../host/processes';
import { readCpuSeconds, readMemoryBytes, readTreeUse, type TreeUse } from '../host/processUse';
import { Watermarks } from '../host/watermarks';
import { EnforcementError, type IEnforcer, type HolderProcess } from './enforcer';
import { failUnseen } from './failures';

/** Nothing is enforced: grants are advisory, and figures come from /proc if there is one. */
export class NoEnforcer implements IEnforcer {
  private readonly held = new Map<string, HolderProcess>();
  private readonly marks: Watermarks;

  constructor(
    readonly tier: TierView,
    private readonly files: IHostFiles,
    /** Whether processes can be inspected here. */
    private readonly observes: boolean
  ) {
    this.marks = new Watermarks(files);
  }

  found(): readonly string[] {
    return [];
  }

  adopt(target: HolderProcess): void {
    if (this.observes && !isAlive(this.files, target)) {
      failUnseen(this.files, target);
    }
    this.held.set(target.holderId, target);
  }

  confine(holderId: string): void {
    if (!this.held.has(holderId)) {
      throw new EnforcementError(`holder ${holderId}`, 'ENOENT');
    }
  }

  tighten(): void {
    return; // nothing was written
  }

  pinningFor(): CpuPinning {
    return UNPINNED;
  }

  recall(_holderId: string): void {
    return; // it holds nobody
  }

  measure(holderId: string): TreeUse | null {
    const target = this.held.get(holderId);
    return target && this.observes
      ? readTreeUse(this.files, target.pid, this.othersThan(target), this.marks)
      : null;
  }

  cpuSeconds(holderId: string): number | null {
    const target = this.held.get(holderId);
    return target && this.observes
      ? readCpuSeconds(this.files, target.pid, this.othersThan(target))
      : null;
  }

  lowerPeak(holderId: string): void {
    const target = this.held.get(holderId);
    target && this.observes && this.marks.lower(target.pid);
  }

  memoryOf(holderId: string): number | null {
    const target = this.held.get(holderId);
    return target && this.observes
      ? readMemoryBytes(this.files, target.pid, this.othersThan(target))
      : null;
  }

  holderOf(pid: number): string | null {
    const holders = new Map([...this.held.values()].map(it => [it.pid, it.holderId]));
    return this.observes ? findAncestor(this.files, pid, holders) : null;
  }

  kills(): number {
    return 0;
  }

  hasReachedLimit(): boolean {
    return false;
  }

  release(holderId: string): void {
    this.marks.forget(this.held.get(holderId)?.pid ?? 0);
    this.held.delete(holderId);
  }

  settled(): Promise<void> {
    return this.marks.settled();
  }

  async close(): Promise<void> {
    this.held.clear();
  }

  private othersThan({ pid }: HolderProcess): ReadonlySet<number> {
    return new Set(Array.from(this.held.values(), it => it.pid).filter(it => it !== pid));
  }
}
