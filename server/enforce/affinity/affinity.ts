import type { Confinement } from '../../core/effects';
import type { CpuPinning } from '../../protocol/grant';
import type { TierView } from '../../protocol/view';
import { findAncestor } from '../../host/processes';
import { readCpuSeconds, readMemoryBytes, readTreeUse, type TreeUse } from '../../host/processUse';
import { Watermarks } from '../../host/watermarks';
import type { IHostFiles } from '../../host/files';
import type { IEnforcer, HolderProcess } from '../enforcer';
import type { Masks } from './masks';

/**
 * Pins CPUs with affinity masks: the gate sets those of its own process, `taskset`
 * sets those of its children and of kernels without a gate.
 *
 * #### Notes
 * A process may widen its own mask again, and memory is not limited.
 */
export class AffinityEnforcer implements IEnforcer {
  private readonly marks: Watermarks;

  constructor(
    readonly tier: TierView,
    private readonly files: IHostFiles,
    private readonly masks: Masks
  ) {
    this.marks = new Watermarks(files);
  }

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
    return; // masks are checked at each look
  }

  pinningFor({ cpus }: Confinement): CpuPinning {
    return this.masks.pinningFor(cpus);
  }

  recall(holderId: string): void {
    this.masks.recall(holderId);
  }

  measure(holderId: string): TreeUse | null {
    const target = this.masks.placeOf(holderId);
    return target && readTreeUse(this.files, target.pid, this.othersThan(target), this.marks);
  }

  cpuSeconds(holderId: string): number | null {
    const target = this.masks.placeOf(holderId);
    return target && readCpuSeconds(this.files, target.pid, this.othersThan(target));
  }

  lowerPeak(holderId: string): void {
    const target = this.masks.placeOf(holderId);
    target && this.marks.lower(target.pid);
  }

  memoryOf(holderId: string): number | null {
    const target = this.masks.placeOf(holderId);
    return target && readMemoryBytes(this.files, target.pid, this.othersThan(target));
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
    this.marks.forget(this.masks.placeOf(holderId)?.pid ?? 0);
    this.masks.release(holderId);
  }

  async settled(): Promise<void> {
    await Promise.all([this.masks.settled(), this.marks.settled()]);
  }

  async close(): Promise<void> {
    this.masks.holders().forEach(holderId => this.masks.release(holderId));
    await this.masks.settled();
  }

  private othersThan({ pid }: HolderProcess): ReadonlySet<number> {
    return this.masks.othersThan(pid);
  }
}
