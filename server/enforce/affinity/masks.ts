import { setTimeout as delay } from 'node:timers/promises';

import { formatCpuList, isSameSet, isWithin, type CpuSet } from '../../protocol/cpuset';
import { errnoOf, type IHostFiles } from '../../host/files';
import { isAlive, readMask, readThreads, readTree } from '../../host/processes';
import type { CpuPinning } from '../../protocol/grant';
import { EnforcementError, type HolderProcess } from '../enforcer';
import { failUnseen } from '../failures';
import type { IMaskStore } from './maskStore';
import { OwnMasks } from './ownMasks';
import type { BroughtBackListener, FailureListener } from '../cgroup/removals';
import type { SetMask } from './taskset';

/**
 * When the kernel itself is looked at before its mask is set from outside, each so long after the
 * look before: its gate sets it in microseconds, once its thread runs, which a busy machine lets
 * wait. `taskset` takes milliseconds, so that a mask for one cell could be met by the next ones,
 * which are to have others.
 */
const GATE_LOOKS_MS = [5, 10, 20, 40, 80, 160];

/** Rounds of looking for processes that were forked meanwhile. */
const ROUNDS_MAX = 50;

/** One holder's masks: what they were, are to be (at the last of so many wishes), and are. */
type Held = {
  readonly target: HolderProcess;
  readonly original: CpuSet;
  wanted: CpuSet;
  wishes: number;
  /** Null while it is not known. */
  applied: CpuSet | null;
  /** That it changed its mask itself was told. */
  told: boolean;
  readonly own: OwnMasks;
};

/** What masks need to know. */
export type MaskOptions = {
  readonly files: IHostFiles;
  /** All CPUs that may be handed out. */
  readonly cpus: CpuSet;
  readonly setMask: SetMask;
  readonly setThreadMask: SetMask;
  /** Whether a thread has a mask because it was placed. */
  readonly isPlaced: (tid: number) => boolean;
  readonly store: IMaskStore;
  readonly onFailure: FailureListener;
  readonly onBroughtBack: BroughtBackListener;
};

/**
 * The affinity masks of whole process trees, changed from outside.
 *
 * #### Notes
 * Setting is asynchronous: the last wish for a holder wins, wishes in between
 * may be skipped, and a tree is gone over until no thread with another mask is
 * found. A thread that holds the mask already is left alone.
 */
export class Masks {
  private readonly held = new Map<string, Held>();
  private readonly work = new Map<string, Promise<void>>();

  constructor(private readonly options: MaskOptions) {
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

  /** How a holder is held by masks. */
  holdFor(cpus: CpuSet | null): CpuPinning {
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

  /** The processes of other holders, which one that started them does not answer for. */
  othersThan(pid: number): ReadonlySet<number> {
    const pids = new Set(this.holdersByPid().keys());
    pids.delete(pid);
    return pids;
  }

  /** Remember how the holder came; idempotent. */
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

  /** Wish for a mask; null for all CPUs of the node. */
  set(holderId: string, cpus: CpuSet | null): void {
    const held = this.held.get(holderId);
    if (!held) {
      throw new EnforcementError(`holder ${holderId}`, 'ENOENT');
    }
    this.want(held, cpus ?? this.options.cpus);
  }

  /**
   * Look whether the holder's main thread has a CPU in its mask that it was not
   * given: libraries reset masks. Then the mask is set again, and that is told
   * once. A mask that a cell made narrower itself is its own affair.
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

  /** Give the holder the mask back that it came with. */
  release(holderId: string): void {
    const held = this.held.get(holderId);
    this.held.delete(holderId);
    if (held) {
      this.save(holderId);
      this.want(held, held.original);
    }
  }

  /** Resolves when every mask is as it was last wished, or has failed. */
  async settled(): Promise<void> {
    while (this.work.size > 0) {
      await Promise.all(this.work.values());
    }
  }

  private currentMask(target: HolderProcess): CpuSet | null {
    const { files } = this.options;
    return isAlive(files, target) ? readMask(files, target.pid) : null;
  }

  /** Without the file the masks of this moment hold all the same, so a failure is told, not thrown. */
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

  /** Before its gate hears of the new mask, so that it is seen what its threads have without that. */
  private want(held: Held, cpus: CpuSet): void {
    if (!isApplied(held) || !isSameSet(cpus, held.wanted)) {
      held.own.look(this.treeOf(held.target));
      held.own.give(cpus);
      held.wanted = cpus;
      held.wishes += 1;
      this.pursue(held);
    }
  }

  private treeOf(target: HolderProcess): readonly number[] {
    const { files } = this.options;
    return isAlive(files, target) ? readTree(files, target.pid, this.othersThan(target.pid)) : [];
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
      // Unknown until the last thread has it: a failure half way is tried anew.
      held.applied = null;
      if (await this.applyToTree(held, target)) {
        held.applied = target;
      }
    }
    held.own.gave(held.wanted);
  }

  /** First all but the kernel itself, whose gate may see to that; false if there was another wish. */
  private async applyToTree(held: Held, cpus: CpuSet): Promise<boolean> {
    const { wishes } = held;
    await this.applyFrom(1, held, cpus);
    for (const lookMs of GATE_LOOKS_MS) {
      if (this.callsFrom(0, held, cpus).length === 0) {
        return true;
      }
      await delay(lookMs);
      if (held.wishes !== wishes) {
        return false;
      }
    }
    await this.applyFrom(0, held, cpus);
    return true;
  }

  private async applyFrom(first: number, held: Held, cpus: CpuSet): Promise<void> {
    for (let round = 0; round < ROUNDS_MAX; round += 1) {
      const calls = this.callsFrom(first, held, cpus);
      if (calls.length === 0) {
        return;
      }
      await Promise.all(
        calls.map(call =>
          call().catch((error: EnforcementError) => {
            if (error.errno !== 'ESRCH') {
              throw error;
            }
          })
        )
      );
    }
    throw new EnforcementError(`masks of ${held.target.holderId}`, 'EAGAIN');
  }

  /** What is to be called for the processes of its tree, from this one on. */
  private callsFrom(first: number, { target, own }: Held, cpus: CpuSet): (() => Promise<void>)[] {
    return this.treeOf(target)
      .slice(first)
      .flatMap(pid => this.callsFor(pid, own, cpus));
  }

  /** What gives each thread of a process its mask: one call where none has a mask of its own. */
  private callsFor(pid: number, own: OwnMasks, cpus: CpuSet): readonly (() => Promise<void>)[] {
    const { files, setMask, setThreadMask } = this.options;
    const threads = readThreads(files, pid).map(tid => {
      const mask = readMask(files, pid, tid);
      own.see(tid, mask); // somebody may have set it since we looked
      return { tid, mask, wanted: own.under(tid, cpus) };
    });
    const others = threads.filter(it => it.mask !== null && !isSameSet(it.mask, it.wanted));
    if (others.length > 0 && threads.every(it => isSameSet(it.wanted, cpus))) {
      return [() => setMask(pid, cpus)];
    }
    return others.map(it => () => setThreadMask(it.tid, it.wanted));
  }
}

/** Whether every thread has what was wished last, as far as is known. */
function isApplied({ applied, wanted }: Held): boolean {
  return isSameSet(applied, wanted);
}

function asFailure(error: unknown): EnforcementError {
  return error instanceof EnforcementError ? error : new EnforcementError(String(error), 'EIO');
}
