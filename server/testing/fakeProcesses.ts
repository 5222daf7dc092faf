import type { CpuSet } from '../protocol/cpuset';

/** One process of a fake machine. */
export type FakeProcess = {
  readonly pid: number;
  readonly parentPid: number;
  readonly startTicks: number;
  readonly threads: number;
  mask: CpuSet;
};

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

  /** One of its files in /proc, or null where there is none. */
  read(pid: number, file: string, tid: number): string | null {
    const process = this.running.get(pid);
    switch (process && file) {
      case 'stat':
        return (
          `${pid} (odd ) name) S ${process!.parentPid} ${'0 '.repeat(15)}` +
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
