import { commonCpus, isSameSet, type CpuSet } from '../../protocol/cpuset';
import { readMask, readThreads } from '../../host/processes';
import type { IHostFiles } from '../../host/files';

/**
 * The masks that the threads of a tree chose themselves, and what they come to under ours.
 *
 * #### Notes
 * Seen before ours change: what a thread has then, and was not given, is its
 * own, unless it is all CPUs. It has what is in both, or ours where nothing is;
 * and its own again when ours goes. A thread that was born since counts as one
 * of the tree's first process.
 */
export class OwnMasks {
  /** By thread; null for one that has none. */
  private own = new Map<number, CpuSet | null>();
  /** What threads were given, and may have. */
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

  /** See the masks of these processes, before their threads are given another. */
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

  /** A thread has this mask now; null where it is gone. */
  see(tid: number, mask: CpuSet | null): void {
    if (mask !== null && !this.isPlaced(tid)) {
      this.own.set(tid, this.ownOf(tid, mask));
    }
  }

  /** From now on threads may be given this as well. */
  give(cpus: CpuSet): void {
    this.given = this.isGiven(cpus) ? this.given : [...this.given, cpus];
  }

  /** Every thread was given this. */
  gave(cpus: CpuSet): void {
    this.given = [cpus];
  }

  /** What a thread is to have where ours is `cpus`. */
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
