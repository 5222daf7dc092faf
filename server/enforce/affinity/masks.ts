import { formatCpuList, isSameSet, isWithin, type CpuSet } from '../../protocol/cpuset';
import { errnoOf, type IHostFiles } from '../../host/files';
import { isAlive, readMask } from '../../host/processes';
import type { CpuPinning } from '../../protocol/grant';
import { EnforcementError, type HolderProcess } from '../enforcer';
import { failUnseen } from '../failures';
import type { IMaskStore } from './maskStore';
import { OwnMasks } from './ownMasks';
import type { BroughtBackListener, FailureListener } from '../cgroup/removals';
import type { SetMask } from './taskset';
import { TreeMasks } from './treeMasks';

/** One holder's masks: the original, the wanted one (and how often it changed), and the applied one. */
type Held = {
  readonly target: HolderProcess;
  readonly original: CpuSet;
  wanted: CpuSet;
  wishes: number;
  /** Null while unknown. */
  applied: CpuSet | null;
  /** Whether it was reported that the holder changed its mask itself. */
  told: boolean;
  readonly own: OwnMasks;
};

/** What masks depend on. */
export type MaskOptions = {
  readonly files: IHostFiles;
  /** All CPUs that may be handed out. */
  readonly cpus: CpuSet;
  readonly setMask: SetMask;
  readonly setThreadMask: SetMask;
  /** Whether a thread has its mask because the spreader placed it. */
  readonly isPlaced: (tid: number) => boolean;
  readonly store: IMaskStore;
  readonly onFailure: FailureListener;
  readonly onBroughtBack: BroughtBackListener;
};

/**
 * The affinity masks of whole process trees, changed from outside.
 *
 * #### Notes
 * Setting is asynchronous: the last request for a holder wins, earlier requests
 * may be skipped, and a tree is scanned repeatedly until no thread with another mask is
 * found. A thread that already has the mask is left alone.
 */
export class Masks {
  private readonly held = new Map<string, Held>();
  private readonly work = new Map<string, Promise<void>>();
  private readonly trees: TreeMasks;

  constructor(private readonly options: MaskOptions) {
    this.trees = new TreeMasks(options, pid => this.othersThan(pid));
    const saved = options.store.load();
    for (const { original, ...place } of saved) {
      const current = this.currentMask(place);
      if (current !== null) {
        this.hold(place, original, current);
      }
    }
    if (this.held.size < saved.length) {
      this.save('masks.json');
    }
  }

  /** How a holder is pinned by masks. */
  pinningFor(cpus: CpuSet | null): CpuPinning {
    return { affinity: cpus ?? this.options.cpus, cpuset: null };
  }

  placeOf(holderId: string): HolderProcess | null {
    return this.held.get(holderId)?.target ?? null;
  }

  holders(): readonly string[] {
    return [...this.held.keys()];
  }

  holdersByPid(): ReadonlyMap<number, string> {
    return new Map([...this.held].map(([holderId, { target }]) => [target.pid, holderId]));
  }

  /** The processes of other holders, which do not belong to the holder that started them. */
  othersThan(pid: number): ReadonlySet<number> {
    const pids = new Set(this.holdersByPid().keys());
    pids.delete(pid);
    return pids;
  }

  /** Remember the holder's original mask; idempotent. */
  adopt(target: HolderProcess): void {
    const known = this.held.get(target.holderId);
    if (known?.target.pid === target.pid && known.target.startTicks === target.startTicks) {
      return;
    }
    const original = this.currentMask(target) ?? failUnseen(this.options.files, target);
    this.hold(target, original, original);
    this.save(target.holderId);
    if (!isWithin(original, this.options.cpus)) {
      this.set(target.holderId, null);
    }
  }

  /** Request a mask; null for all CPUs of the node. */
  set(holderId: string, cpus: CpuSet | null): void {
    const held = this.held.get(holderId);
    if (!held) {
      throw new EnforcementError(`holder ${holderId}`, 'ENOENT');
    }
    this.want(held, cpus ?? this.options.cpus);
  }

  /**
   * Check whether the mask of the holder's main thread has a CPU that was not
   * granted: libraries reset masks. If so, the mask is set again, which is reported
   * once. A mask that a cell narrowed itself is left alone.
   */
  recall(holderId: string): void {
    const held = this.held.get(holderId);
    const mask = held && this.currentMask(held.target);
    if (!held || !mask || !isApplied(held) || this.work.has(holderId)) {
      return;
    }
    if (isWithin(mask, held.wanted)) {
      return;
    }
    if (!held.told) {
      held.told = true;
      const what = `process ${held.target.pid} had other CPUs than ${formatCpuList(held.wanted)}`;
      this.options.onBroughtBack(holderId, what);
    }
    held.applied = null;
    this.want(held, held.wanted);
  }

  /** Restore the holder's original mask. */
  release(holderId: string): void {
    const held = this.held.get(holderId);
    this.held.delete(holderId);
    if (held) {
      this.save(holderId);
      this.want(held, held.original);
    }
  }

  /** Resolves when every mask is as last requested, or has failed. */
  async settled(): Promise<void> {
    while (this.work.size > 0) {
      await Promise.all(this.work.values());
    }
  }

  private currentMask(target: HolderProcess): CpuSet | null {
    const { files } = this.options;
    return isAlive(files, target) ? readMask(files, target.pid) : null;
  }

  /** The current masks hold even without the file, so a failure is reported, not thrown. */
  private save(holderId: string): void {
    try {
      this.options.store.save(
        [...this.held.values()].map(({ target, original }) => ({ ...target, original }))
      );
    } catch (error) {
      this.options.onFailure(holderId, new EnforcementError('masks.json', errnoOf(error)));
    }
  }

  private hold(target: HolderProcess, original: CpuSet, applied: CpuSet): void {
    const { files, cpus, isPlaced } = this.options;
    const own = new OwnMasks(files, target.pid, cpus, isPlaced, applied);
    const held = { target, original, wanted: applied, wishes: 0, applied, told: false, own };
    this.held.set(target.holderId, held);
  }

  /** Runs before the gate receives the new mask, to see the masks that threads have without it. */
  private want(held: Held, cpus: CpuSet): void {
    if (!isApplied(held) || !isSameSet(cpus, held.wanted)) {
      held.own.look(this.trees.pidsOf(held.target));
      held.own.give(cpus);
      held.wanted = cpus;
      held.wishes += 1;
      this.pursue(held);
    }
  }

  private pursue(held: Held): void {
    const { holderId } = held.target;
    if (isApplied(held)) {
      return;
    }
    const before = this.work.get(holderId) ?? Promise.resolve();
    const work: Promise<void> = before
      .then(() => this.applyWanted(held))
      .catch((error: unknown) => this.options.onFailure(holderId, asFailure(error)))
      .finally(() => {
        if (this.work.get(holderId) === work) {
          this.work.delete(holderId);
        }
      });
    this.work.set(holderId, work);
  }

  private async applyWanted(held: Held): Promise<void> {
    while (!isApplied(held)) {
      const target = held.wanted;
      // Unknown until the last thread has it: after a partial failure it is set again.
      held.applied = null;
      if (await this.trees.set(held, target, this.isLastWish(held))) {
        held.applied = target;
      }
    }
    held.own.gave(held.wanted);
  }

  private isLastWish(held: Held): () => boolean {
    const { wishes } = held;
    return () => held.wishes === wishes;
  }
}

/** Whether every thread has the last requested mask, as far as known. */
function isApplied({ applied, wanted }: Held): boolean {
  return isSameSet(applied, wanted);
}

function asFailure(error: unknown): EnforcementError {
  return error instanceof EnforcementError ? error : new EnforcementError(String(error), 'EIO');
}
