import { commonCpus, isSameSet, type CpuSet } from '../../protocol/cpuset';
import { readMask, readThreads } from '../../host/processes';
import type { IHostFiles } from '../../host/files';

/**
 * The masks that the threads of a tree set themselves, and how they combine with ours.
 *
 * #### Notes
 * Read before ours change: a mask that a thread has then and was not given is its
 * own, unless it is all CPUs. The thread gets the intersection, or ours if that is empty;
 * and its own again when ours is removed. A thread created since counts as one
 * of the tree's first process.
 */
export class OwnMasks {
  /** By thread; null for a thread without a mask of its own. */
  private own = new Map<number, CpuSet | null>();
  /** The masks that threads may have been given. */
  private given: readonly CpuSet[];

  constructor(
    private readonly files: IHostFiles,
    private readonly rootPid: number,
    private readonly all: CpuSet,
    private readonly isPlaced: (tid: number) => boolean,
    given: CpuSet
  ) {
    this.given = [given];
  }

  /** Read the masks of these processes, before their threads are given new ones. */
  look(pids: readonly number[]): void {
    const before = this.own;
    this.own = new Map();
    for (const pid of pids) {
      for (const tid of readThreads(this.files, pid)) {
        const known = before.get(tid);
        known !== undefined && this.own.set(tid, known);
        this.see(tid, readMask(this.files, pid, tid));
      }
    }
  }

  /** Record the current mask of a thread; null if it has ended. */
  see(tid: number, mask: CpuSet | null): void {
    if (mask !== null && !this.isPlaced(tid)) {
      this.own.set(tid, this.ownOf(tid, mask));
    }
  }

  /** From now on threads may also have been given this mask. */
  give(cpus: CpuSet): void {
    this.given = this.isGiven(cpus) ? this.given : [...this.given, cpus];
  }

  /** Every thread has been given this mask. */
  gave(cpus: CpuSet): void {
    this.given = [cpus];
  }

  /** The mask that a thread gets when ours is `cpus`. */
  under(tid: number, cpus: CpuSet): CpuSet {
    const own = this.known(tid);
    return own === null ? cpus : common(own, cpus);
  }

  private known(tid: number): CpuSet | null {
    const own = this.own.get(tid);
    return own === undefined ? (this.own.get(this.rootPid) ?? null) : own;
  }

  private ownOf(tid: number, mask: CpuSet): CpuSet | null {
    const known = this.known(tid);
    if (known !== null && this.given.some(it => isSameSet(common(known, it), mask))) {
      return known;
    }
    const isAll = isSameSet(common(mask, this.all), this.all);
    return this.isGiven(mask) || isAll ? null : mask;
  }

  private isGiven(mask: CpuSet): boolean {
    return this.given.some(it => isSameSet(it, mask));
  }
}

function common(own: CpuSet, ours: CpuSet): CpuSet {
  const both = commonCpus(ours, own);
  return both.length ? both : ours;
}
