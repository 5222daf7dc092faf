import type { IPolicy } from '../engine';
import type { Execution } from '../execution';
import { ProportionalSharing, type CpuGroup } from '../proportionalSharing';

const EQUAL: CpuGroup = { weight: 100, cpus: null };

/** The operating system with a cgroup of equal weight for each kernel. */
export class CgroupFair implements IPolicy {
  private readonly sharing: ProportionalSharing;

  constructor(cpus: number, beta: number) {
    this.sharing = new ProportionalSharing(cpus, beta);
  }

  arrived(execution: Execution, nowS: number): void {
    execution.start(execution.cell.threads, nowS);
  }

  ended(): void {
    // The next share sees that it is gone.
  }

  share(executions: readonly Execution[]): number {
    this.sharing.apply(executions, () => EQUAL);
    return Infinity;
  }
}
