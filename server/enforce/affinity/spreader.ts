import { isAlive, readMask, readThread, readThreads, readTree } from '../../host/processes';
import { errnoOf, type IHostFiles } from '../../host/files';
import type { CpuSet } from '../../protocol/cpuset';
import { EnforcementError, type ISpreader, type HolderProcess } from '../enforcer';
import type { IMaskStore } from './maskStore';
import type { FailureListener } from '../cgroup/removals';
import type { SetMask } from './taskset';

/** CPU time since the last sample from which a thread counts as busy, in ticks of 10 ms. */
const BUSY_TICKS = 5;

/** A busy thread, and its CPU if it is pinned to one. */
export type BusyThread = { readonly tid: number; readonly cpu: number | null };

/**
 * Where to move busy threads so that each CPU has about as many.
 *
 * #### Notes
 * Well-placed threads stay, whether or not we placed them. A single thread may
 * stay where it is.
 */
export function planSpread(
  busy: readonly BusyThread[],
  cpus: CpuSet
): readonly { readonly tid: number; readonly cpu: number }[] {
  if (busy.length < 2 || cpus.length < 2) {
    return [];
  }
  const most = Math.ceil(busy.length / cpus.length);
  const count = new Map(cpus.map(cpu => [cpu, 0]));
  const homeless = busy.filter(({ cpu }) => {
    const there = cpu === null ? undefined : count.get(cpu);
    const stays = there !== undefined && there < most;
    stays && count.set(cpu!, there + 1);
    return !stays;
  });
  return homeless.map(({ tid }) => {
    const [cpu] = [...count].reduce((least, it) => (it[1] < least[1] ? it : least));
    count.set(cpu, count.get(cpu)! + 1);
    return { tid, cpu };
  });
}

/** What is known about a holder's threads. */
type Tree = {
  readonly target: HolderProcess;
  /** CPU time at the last sample, by thread. */
  cpuTicks: ReadonlyMap<number, number>;
  /** Placed threads, with their start times. */
  readonly placed: Map<number, number>;
  work: Promise<void> | null;
  /** Whether it was reported that a thread could not be placed. */
  told: boolean;
};

/** What a spreader depends on. */
export type SpreaderOptions = {
  readonly files: IHostFiles;
  /** All CPUs that may be handed out. */
  readonly cpus: CpuSet;
  readonly setThreadMask: SetMask;
  /** Remembers beyond the life of a sidecar which holders' threads were placed. */
  readonly store: IMaskStore;
  readonly onFailure: FailureListener;
};

/** Places threads by their affinity masks, one CPU each. */
export class Spreader implements ISpreader {
  private readonly trees = new Map<string, Tree>();
  private readonly works = new Set<Promise<void>>();

  /** Undoes placements that an earlier sidecar could not undo. */
  constructor(private readonly options: SpreaderOptions) {
    for (const { original, ...place } of options.store.load()) {
      const tree = this.treeOf(place);
      this.keepNarrow(tree);
      this.gather(place.holderId, original);
    }
  }

  spread(target: HolderProcess, cpus: CpuSet): void {
    const tree = this.treeOf(target);
    if (tree.work) {
      return;
    }
    const threads = this.threadsOf(target);
    const before = tree.cpuTicks;
    tree.cpuTicks = new Map(threads.map(it => [it.tid, it.cpuTicks]));
    const busy = threads.filter(
      it => it.isRunnable || it.cpuTicks - (before.get(it.tid) ?? it.cpuTicks) >= BUSY_TICKS
    );
    const moves = planSpread(
      busy.map(({ pid, tid }) => ({ tid, cpu: this.cpuOf(pid, tid) })),
      cpus
    );
    if (moves.length) {
      const isFirst = tree.placed.size === 0;
      moves.forEach(({ tid }) => tree.placed.set(tid, busy.find(it => it.tid === tid)!.startTicks));
      isFirst && this.save(target.holderId);
      this.work(tree, async () => {
        for (const { tid, cpu } of moves) {
          await this.setMask(tree, tid, [cpu]);
        }
      });
    }
  }

  gather(holderId: string, cpus: CpuSet): void {
    const tree = this.trees.get(holderId);
    this.trees.delete(holderId);
    if (!tree?.placed.size) {
      return;
    }
    this.work(tree, async () => {
      for (const { pid, tid, startTicks } of this.threadsOf(tree.target)) {
        // A child forked by a placed thread inherited its CPU.
        const inherited = pid !== tree.target.pid && this.cpuOf(pid, tid) !== null;
        if (tree.placed.get(tid) === startTicks || inherited) {
          await this.setMask(tree, tid, cpus);
        }
      }
      this.save(holderId);
    });
  }

  /** Whether a thread's mask was set here. */
  hasPlaced(tid: number): boolean {
    return [...this.trees.values()].some(it => it.placed.has(tid));
  }

  holders(): readonly string[] {
    return [...this.trees.keys()];
  }

  async settled(): Promise<void> {
    while (this.works.size > 0) {
      await Promise.all(this.works);
    }
  }

  private treeOf(target: HolderProcess): Tree {
    const known = this.trees.get(target.holderId);
    if (known?.target.pid === target.pid && known.target.startTicks === target.startTicks) {
      return known;
    }
    const tree: Tree = { target, cpuTicks: new Map(), placed: new Map(), work: null, told: false };
    this.trees.set(target.holderId, tree);
    return tree;
  }

  private threadsOf(target: HolderProcess) {
    const { files } = this.options;
    const others = new Set(Array.from(this.trees.values(), it => it.target.pid));
    others.delete(target.pid);
    const pids = isAlive(files, target) ? readTree(files, target.pid, others) : [];
    return pids.flatMap(pid =>
      readThreads(files, pid).flatMap(tid => readThread(files, pid, tid) ?? [])
    );
  }

  private cpuOf(pid: number, tid: number): number | null {
    const mask = readMask(this.options.files, pid, tid);
    return mask?.length === 1 ? mask[0]! : null;
  }

  /** In a tree that another sidecar placed, every thread pinned to one CPU was placed. */
  private keepNarrow(tree: Tree): void {
    for (const { pid, tid, startTicks } of this.threadsOf(tree.target)) {
      this.cpuOf(pid, tid) !== null && tree.placed.set(tid, startTicks);
    }
  }

  private work(tree: Tree, act: () => Promise<void>): void {
    const before = tree.work ?? Promise.resolve();
    const work: Promise<void> = before.then(act).finally(() => {
      this.works.delete(work);
      tree.work = tree.work === work ? null : tree.work;
    });
    tree.work = work;
    this.works.add(work);
  }

  private async setMask(tree: Tree, tid: number, cpus: CpuSet): Promise<void> {
    try {
      await this.options.setThreadMask(tid, cpus);
    } catch (error) {
      const failure = error as EnforcementError;
      // It ended, or its CPUs changed meanwhile: the next sample will show.
      if (!['ESRCH', 'EINVAL'].includes(failure.errno) && !tree.told) {
        tree.told = true;
        this.options.onFailure(tree.target.holderId, failure);
      }
    }
  }

  private save(holderId: string): void {
    const placed = [...this.trees.values()].filter(it => it.placed.size > 0);
    try {
      this.options.store.save(
        placed.map(({ target }) => ({ ...target, original: this.options.cpus }))
      );
    } catch (error) {
      this.options.onFailure(holderId, new EnforcementError('spread.json', errnoOf(error)));
    }
  }
}
