import { PROC } from './cgroupfs';
import type { IHostFiles } from './files';
import { ownBytes, type ProcessUse } from './processMemory';

/** What /proc/PID/clear_refs takes to reset the highest figure of a process (proc(5)). */
const RESET = '5';

/** What is known of the highest figure of one process. */
type Mark = {
  /** That figure, and its mapped files, when it was last looked at. */
  readonly seenBytes: number;
  readonly fileBytes: number;
  /** Whether the kernel has reset it since. */
  isLow: boolean;
};

/** Of a process that was never looked at, what it had before is unknown. */
const UNSEEN: Mark = { seenBytes: Infinity, fileBytes: 0, isLow: false };

/** Of one that started since the last look, all that it had is of that time. */
const STARTED: Mark = { seenBytes: 0, fileBytes: 0, isLow: true };

/** A process tree that was lowered. */
type Tree = {
  readonly marks: Map<number, Mark>;
  /** What is known of processes that have no mark. */
  readonly others: Mark;
  isAwaited: boolean;
};

/**
 * The most memory that processes had between two looks, as the kernel counts it (VmHWM).
 *
 * #### Notes
 * To reset what the kernel counts takes a lock that a process holds while it forks, for a second
 * if it is large. So this is done in the background, for one process at a time. Where it
 * is refused or still under way, a figure that has risen since the last look is the peak
 * all the same; otherwise nothing is known.
 */
export class Watermarks {
  private readonly trees = new Map<number, Tree>();
  private readonly queue = new Set<Tree>();
  private work: Promise<void> | null = null;

  constructor(private readonly files: IHostFiles) {}

  /** Let the next look at a tree count from now on; `rootPid` is the process that all others descend from. */
  lower(rootPid: number): void {
    const tree = this.trees.get(rootPid) ?? {
      marks: new Map([[rootPid, { ...UNSEEN }]]),
      others: UNSEEN,
      isAwaited: true
    };
    tree.isAwaited = true;
    tree.marks.forEach(it => (it.isLow = false));
    this.trees.set(rootPid, tree);
    this.queue.add(tree);
    this.work ??= this.resetAll().finally(() => (this.work = null));
  }

  /** Whether a tree was lowered and not looked at since. */
  isLowered(rootPid: number): boolean {
    return this.trees.get(rootPid)?.isAwaited ?? false;
  }

  /**
   * Look at a tree: how much more its processes had at their peaks than they have now, in bytes; 0
   * if it was not lowered. The root comes first; `origin` is what it was forked from without exec.
   *
   * #### Notes
   * Mapped files are subtracted as far as a look has seen them. What several processes had at
   * different moments between two looks is added up.
   */
  read(processes: readonly ProcessUse[], origin: ProcessUse | null): number {
    const [root] = processes;
    const tree = root && this.trees.get(root.pid);
    if (!tree?.isAwaited) {
      return 0;
    }
    this.queue.delete(tree);
    this.trees.set(root!.pid, {
      marks: new Map(processes.map(it => [it.pid, markOf(it)])),
      others: STARTED,
      isAwaited: false
    });
    const byPid = new Map(processes.map(it => [it.pid, it]));
    return processes.reduce((sum, it) => {
      const parent = it === root ? origin : byPid.get(it.parentPid);
      return sum + fallOf(it, parent, tree.marks.get(it.pid) ?? tree.others);
    }, 0);
  }

  /** Forget a tree. */
  forget(rootPid: number): void {
    this.trees.delete(rootPid);
  }

  /** Resolves when everything that was lowered is reset, or could not be. */
  async settled(): Promise<void> {
    await this.work;
  }

  private async resetAll(): Promise<void> {
    for (const tree of this.queue) {
      this.queue.delete(tree);
      for (const [pid, mark] of tree.marks) {
        mark.isLow = await this.reset(pid);
      }
    }
  }

  private reset(pid: number): Promise<boolean> {
    const reset = this.files.writeLater(PROC.clearRefs(pid), RESET);
    return reset.then(
      () => true,
      () => false // it has ended, or may not be written
    );
  }
}

function markOf({ highestBytes, fileBytes }: ProcessUse): Mark {
  return { seenBytes: highestBytes ?? Infinity, fileBytes, isLow: false };
}

/** How much more a process had at its peak than now, in bytes; 0 if that is unknown. */
function fallOf(it: ProcessUse, parent: ProcessUse | null | undefined, mark: Mark): number {
  const { highestBytes, sharedBytes } = it;
  if (highestBytes === null || !(mark.isLow || highestBytes > mark.seenBytes)) {
    return 0;
  }
  const fileBytes = Math.max(it.fileBytes, mark.fileBytes);
  const peak = { ...it, anonymousBytes: highestBytes - sharedBytes - fileBytes };
  return Math.max(0, ownBytes(peak, parent) - ownBytes(it, parent));
}
