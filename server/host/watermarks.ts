import { PROC } from './cgroupfs';
import type { IHostFiles } from './files';
import { ownBytes, type ProcessMemory } from './processMemory';

/** What /proc/PID/clear_refs takes to reset the highest figure of a process (proc(5)). */
const RESET = '5';

/** A process that had so little more at its peak than it has now is not reset: the kernel itself counts in batches. */
const NEAR_BYTES = 4 * 1024 ** 2;

/** What is known of the highest figure of one process. */
type Mark = {
  /** That figure, and its mapped files, when it was last looked at. */
  readonly seenBytes: number;
  readonly fileBytes: number;
  /** Whether the process was that high just then. */
  readonly isAtPeak: boolean;
  /** Whether the highest figure is of the time since then. */
  isLow: boolean;
};

/** Of a process that was never looked at, what it had before is unknown. */
const UNSEEN: Mark = { seenBytes: Infinity, fileBytes: 0, isAtPeak: false, isLow: false };

/** Of one that started since the last look, all that it had is of that time. */
const STARTED: Mark = { seenBytes: 0, fileBytes: 0, isAtPeak: false, isLow: true };

/** A process, and how much of its memory it may share with the one that it was forked from. */
type Inheritor = ProcessMemory & { readonly inheritedBytes: number };

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
    this.trees.set(rootPid, tree);
    let isDone = true;
    tree.marks.forEach(it => (isDone = (it.isLow = it.isAtPeak) && isDone));
    if (!isDone) {
      this.queue.add(tree);
      this.work ??= this.resetAll().finally(() => (this.work = null));
    }
  }

  /** Whether a tree was lowered and not looked at since. */
  isLowered(rootPid: number): boolean {
    return this.trees.get(rootPid)?.isAwaited ?? false;
  }

  /**
   * Look at a tree: how much more its processes had at their peaks than they have now, in bytes; 0
   * if it was not lowered. The root comes first.
   *
   * #### Notes
   * Mapped files are subtracted as far as a look has seen them. What several processes had at
   * different moments between two looks is added up.
   */
  read(processes: readonly Inheritor[]): number {
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
    return processes.reduce(
      (sum, it) => sum + fallOf(it, tree.marks.get(it.pid) ?? tree.others),
      0
    );
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
        mark.isLow ||= await this.reset(pid);
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

function markOf(it: ProcessMemory): Mark {
  const { highestBytes, fileBytes } = it;
  const isAtPeak = !hasFallen(it);
  return { seenBytes: highestBytes ?? Infinity, fileBytes, isAtPeak, isLow: false };
}

/** Whether a process had noticeably more at its peak than it has now. */
export function hasFallen(it: ProcessMemory): boolean {
  const nowBytes = it.anonymousBytes + it.sharedBytes + it.fileBytes;
  return it.highestBytes !== null && it.highestBytes - nowBytes > NEAR_BYTES;
}

/** How much more a process had at its peak than now, in bytes; 0 if that is unknown. */
function fallOf(it: Inheritor, mark: Mark): number {
  const { highestBytes, sharedBytes, inheritedBytes } = it;
  if (highestBytes === null || !(mark.isLow || highestBytes > mark.seenBytes)) {
    return 0;
  }
  const fileBytes = Math.max(it.fileBytes, mark.fileBytes);
  const peak = { ...it, anonymousBytes: highestBytes - sharedBytes - fileBytes };
  return Math.max(0, ownBytes(peak, inheritedBytes) - ownBytes(it, inheritedBytes));
}
