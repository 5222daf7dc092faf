import { UNHELD, type CpuHold } from '../protocol/gate';
import type { TierView } from '../protocol/view';
import type { IHostFiles } from '../host/files';
import { findAncestor, isAlive } from '../host/processes';
import { readTreeUse } from '../host/processes';
import { EnforcementError, type IEnforcer, type Place, type PlaceUse } from './enforcer';
import { failUnseen } from './failures';

/** Nothing is enforced: grants are advice, and figures come from /proc where there is one. */
export class NoEnforcer implements IEnforcer {
  private readonly held = new Map<string, Place>();

  constructor(
    readonly tier: TierView,
    private readonly files: IHostFiles,
    /** Whether processes can be looked at here. */
    private readonly observes: boolean
  ) {}

  found(): readonly string[] {
    return [];
  }

  adopt(place: Place): void {
    if (this.observes && !isAlive(this.files, place)) {
      failUnseen(this.files, place);
    }
    this.held.set(place.holderId, place);
  }

  confine(holderId: string): void {
    if (!this.held.has(holderId)) {
      throw new EnforcementError(`holder ${holderId}`, 'ENOENT');
    }
  }

  tighten(): void {
    return; // nothing was written
  }

  holdFor(): CpuHold {
    return UNHELD;
  }

  measure(holderId: string): PlaceUse | null {
    const place = this.held.get(holderId);
    return place && this.observes
      ? readTreeUse(this.files, place.pid, this.othersThan(place))
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

  private othersThan({ pid }: Place): ReadonlySet<number> {
    return new Set(Array.from(this.held.values(), it => it.pid).filter(it => it !== pid));
  }
}
