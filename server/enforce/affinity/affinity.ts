import type { Confinement } from '../../core/effects';
import type { CpuPinning } from '../../protocol/grant';
import type { TierView } from '../../protocol/view';
import { findAncestor } from '../../host/processes';
import { readTreeUse } from '../../host/processUse';
import type { IHostFiles } from '../../host/files';
import type { IEnforcer, HolderProcess, TreeUse } from '../enforcer';
import type { Masks } from './masks';

/**
 * Pins CPUs with affinity masks: the gate sets those of its own process, `taskset`
 * sets those of its children and of kernels without a gate.
 *
 * #### Notes
 * A process may widen its own mask again, and memory is not limited.
 */
export class AffinityEnforcer implements IEnforcer {
  constructor(
    readonly tier: TierView,
    private readonly files: IHostFiles,
    private readonly masks: Masks
  ) {}

  found(): readonly string[] {
    return this.masks.holders();
  }

  adopt(target: HolderProcess): void {
    this.masks.adopt(target);
  }

  confine(holderId: string, confinement: Confinement): void {
    this.masks.set(holderId, confinement.cpus);
  }

  tighten(): void {
    return; // masks are checked with each measurement
  }

  pinningFor({ cpus }: Confinement): CpuPinning {
    return this.masks.pinningFor(cpus);
  }

  measure(holderId: string): TreeUse | null {
    const target = this.masks.placeOf(holderId);
    this.masks.recall(holderId);
    return target && readTreeUse(this.files, target.pid, this.masks.othersThan(target.pid));
  }

  memoryOf(holderId: string): number | null {
    return this.measure(holderId)?.memoryBytes ?? null;
  }

  holderOf(pid: number): string | null {
    return findAncestor(this.files, pid, this.masks.holdersByPid());
  }

  kills(): number {
    return 0;
  }

  hasReachedLimit(): boolean {
    return false;
  }

  release(holderId: string): void {
    this.masks.release(holderId);
  }

  settled(): Promise<void> {
    return this.masks.settled();
  }

  async close(): Promise<void> {
    this.masks.holders().forEach(holderId => this.masks.release(holderId));
    await this.masks.settled();
  }
}
