import type { IPolicy } from '../engine';
import type { Execution } from '../execution';
import { crowdingEfficiency } from '../sharing';

/** The operating system without cgroups: every thread gets the same. */
export class PerThread implements IPolicy {
  constructor(
    private readonly cpus: number,
    private readonly beta: number
  ) {}

  arrived(execution: Execution, nowS: number): void {
    execution.start(execution.cell.threads, nowS);
  }

  ended(): void {
    // The next share sees that it is gone.
  }

  share(executions: readonly Execution[]): number {
    const threads = executions.reduce((sum, { demand }) => sum + demand, 0);
    const perThread = Math.min(1, this.cpus / threads);
    for (const execution of executions) {
      execution.cpus = execution.demand * (execution.demand ? perThread : 0);
      execution.efficiency = crowdingEfficiency(this.beta, execution.demand, threads / this.cpus);
    }
    return Infinity;
  }
}
