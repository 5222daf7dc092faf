import { formatCpuList, parseCpuList } from '../../lib/cpuset';
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
  private own = new Map<number, string | null>();
  /** What threads were given, and may have. */
  private given: Set<string>;

  constructor(
    private readonly files: IHostFiles,
    private readonly rootPid: number,
    private readonly all: string,
    private readonly isPlaced: (tid: number) => boolean,
    given: string
  ) {
    this.given = new Set([given]);
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
  see(tid: number, mask: string | null): void {
    if (mask !== null && !this.isPlaced(tid)) {
      this.own.set(tid, this.ownOf(tid, mask));
    }
  }

  /** From now on threads may be given this as well. */
  give(cpus: string): void {
    this.given.add(cpus);
  }

  /** Every thread was given this. */
  gave(cpus: string): void {
    this.given = new Set([cpus]);
  }

  /** What a thread is to have where ours is `cpus`. */
  under(tid: number, cpus: string): string {
    const own = this.known(tid);
    return own === null ? cpus : common(own, cpus);
  }

  private known(tid: number): string | null {
    const own = this.own.get(tid);
    return own === undefined ? (this.own.get(this.rootPid) ?? null) : own;
  }

  private ownOf(tid: number, mask: string): string | null {
    const known = this.known(tid);
    if (known !== null && [...this.given].some(it => common(known, it) === mask)) {
      return known;
    }
    return this.given.has(mask) || common(mask, this.all) === this.all ? null : mask;
  }
}

function common(own: string, ours: string): string {
  const mine = new Set(parseCpuList(own));
  return formatCpuList(parseCpuList(ours).filter(cpu => mine.has(cpu))) || ours;
}
