import { setTimeout as delay } from 'node:timers/promises';

import { isSameSet, type CpuSet } from '../../protocol/cpuset';
import type { IHostFiles } from '../../host/files';
import { isAlive, readMask, readThreads, readTree } from '../../host/processes';
import { EnforcementError, type HolderProcess } from '../enforcer';
import type { OwnMasks } from './ownMasks';
import type { SetMask } from './taskset';

/**
 * When the kernel itself is checked before its mask is set from outside, each delay after the
 * previous check: its gate sets the mask in microseconds once its thread runs, which may take
 * a while on a busy machine. `taskset` takes milliseconds, so the mask of one cell could hit
 * the following cells, which need other masks.
 */
const GATE_LOOKS_MS = [5, 10, 20, 40, 80, 160];

/** Rounds of scanning for newly forked processes. */
const ROUNDS_MAX = 50;

/** A process tree by its root, and the masks that its threads set themselves. */
type Tree = { readonly target: HolderProcess; readonly own: OwnMasks };

type TreeMaskParts = {
  readonly files: IHostFiles;
  readonly setMask: SetMask;
  readonly setThreadMask: SetMask;
};

/** The masks of all threads of a process tree; rescanned until no fork is new. */
export class TreeMasks {
  constructor(
    private readonly parts: TreeMaskParts,
    /** The processes of other holders, which are trees of their own. */
    private readonly othersThan: (pid: number) => ReadonlySet<number>
  ) {}

  /** Its processes; none if it has ended. */
  pidsOf(target: HolderProcess): readonly number[] {
    const { files } = this.parts;
    return isAlive(files, target) ? readTree(files, target.pid, this.othersThan(target.pid)) : [];
  }

  /**
   * Set the mask of each thread of a tree while it is still wanted; false if it no longer is.
   * The kernel process itself comes last, since its gate may set its mask.
   */
  async set(tree: Tree, cpus: CpuSet, isWanted: () => boolean): Promise<boolean> {
    await this.applyFrom(1, tree, cpus);
    for (const lookMs of GATE_LOOKS_MS) {
      if (this.callsFrom(0, tree, cpus).length === 0) {
        return true;
      }
      await delay(lookMs);
      if (!isWanted()) {
        return false;
      }
    }
    await this.applyFrom(0, tree, cpus);
    return true;
  }

  private async applyFrom(first: number, tree: Tree, cpus: CpuSet): Promise<void> {
    for (let round = 0; round < ROUNDS_MAX; round += 1) {
      const calls = this.callsFrom(first, tree, cpus);
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
    throw new EnforcementError(`masks of ${tree.target.holderId}`, 'EAGAIN');
  }

  /** The calls for the processes of its tree, from this index on. */
  private callsFrom(first: number, { target, own }: Tree, cpus: CpuSet): (() => Promise<void>)[] {
    return this.pidsOf(target)
      .slice(first)
      .flatMap(pid => this.callsFor(pid, own, cpus));
  }

  /** The calls that set each thread's mask: a single one if no thread has a mask of its own. */
  private callsFor(pid: number, own: OwnMasks, cpus: CpuSet): readonly (() => Promise<void>)[] {
    const { files, setMask, setThreadMask } = this.parts;
    const threads = readThreads(files, pid).map(tid => {
      const mask = readMask(files, pid, tid);
      own.see(tid, mask); // it may have been set since the last scan
      return { tid, mask, wanted: own.under(tid, cpus) };
    });
    const others = threads.filter(it => it.mask !== null && !isSameSet(it.mask, it.wanted));
    if (others.length > 0 && threads.every(it => isSameSet(it.wanted, cpus))) {
      return [() => setMask(pid, cpus)];
    }
    return others.map(it => () => setThreadMask(it.tid, it.wanted));
  }
}
