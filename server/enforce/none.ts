import { UNPINNED, type CpuPinning } from '../protocol/grant';
import type { TierView } from '../protocol/view';
import type { IHostFiles } from '../host/files';
import { findAncestor, isAlive } from '../host/processes';
import { readTreeUse } from '../host/processUse';
import { EnforcementError, type IEnforcer, type HolderProcess, type TreeUse } from './enforcer';
import { failUnseen } from './failures';

/** Nothing is enforced: grants are advisory, and figures come from /proc if there is one. */
export class NoEnforcer implements IEnforcer {
  private readonly held = new Map<string, HolderProcess>();

  constructor(
    readonly tier: TierView,
    private readonly files: IHostFiles,
    /** Whether processes can be inspected here. */
    private readonly observes: boolean
  ) {}

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

  measure(holderId: string): TreeUse | null {
    const target = this.held.get(holderId);
    return target && this.observes
      ? readTreeUse(this.files, target.pid, this.othersThan(target))
      : null;
  }

  memoryOf(holderId: string): number | null {
    return this.measure(holderId)?.memoryBytes ?? null;
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
    this.held.delete(holderId);
  }

  async settled(): Promise<void> {
    return;
  }

  async close(): Promise<void> {
    this.held.clear();
  }

  private othersThan({ pid }: HolderProcess): ReadonlySet<number> {
    return new Set(Array.from(this.held.values(), it => it.pid).filter(it => it !== pid));
  }
}
