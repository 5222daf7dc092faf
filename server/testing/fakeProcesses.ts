import type { CpuSet } from '../protocol/cpuset';

/** One process of a fake machine. */
export type FakeProcess = {
  readonly pid: number;
  readonly parentPid: number;
  readonly startTicks: number;
  readonly threads: number;
  mask: CpuSet;
  /** The most memory that it had, in KiB. */
  highestKiB: number;
  /** CPU time of children that it waited for, in ticks. */
  reapedTicks: number;
};

/** What each fake process has of memory, in KiB. */
const HELD_KIB = 160;

/** The figures of a process that has done nothing yet. */
export const UNUSED = { highestKiB: HELD_KIB, reapedTicks: 0 };

/** The processes of a fake machine, and what /proc tells of them. */
export class FakeProcesses {
  private readonly running = new Map<number, FakeProcess>();

  add(process: FakeProcess): void {
    this.running.set(process.pid, process);
  }

  remove(pid: number): void {
    this.running.delete(pid);
  }

  has(pid: number): boolean {
    return this.running.has(pid);
  }

  get(pid: number): FakeProcess | undefined {
    return this.running.get(pid);
  }

  /** Its memory, as /proc tells it. */
  status(pid: number): string {
    const KiB = this.running.get(pid)!.highestKiB;
    return `Name:\tx\nUid:\t1000\t1000\nVmHWM:\t ${KiB} kB\nRssAnon:\t ${HELD_KIB} kB`;
  }

  /** The kernel forgets the most memory that a process had. */
  reset(pid: number): void {
    const process = this.running.get(pid);
    process && (process.highestKiB = HELD_KIB);
  }

  /** One of its files in /proc, or null where there is none. */
  read(pid: number, file: string, tid: number): string | null {
    const process = this.running.get(pid);
    switch (process && file) {
      case 'stat':
        return (
          `${pid} (odd ) name) S ${process!.parentPid} ${'0 '.repeat(11)}` +
          `${process!.reapedTicks} ${'0 '.repeat(3)}` +
          `${process!.threads} 0 ${process!.startTicks} ${'0 '.repeat(30)}`
        );
      case 'children':
        return tid === pid ? this.childrenOf(pid).join(' ') : '';
    }
    return null;
  }

  private childrenOf(pid: number): readonly number[] {
    return [...this.running.values()].filter(it => it.parentPid === pid).map(it => it.pid);
  }
}
