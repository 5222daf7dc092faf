import type { IPolicy } from '../engine';
import type { Execution } from '../execution';
import { crowdingEfficiency } from '../sharing';

/** Each user has an equal part of the node for good, and pools of that size. */
export class StaticPartition implements IPolicy {
  private readonly part: number;

  constructor(
    cpus: number,
    users: number,
    private readonly beta: number
  ) {
    this.part = cpus / users;
  }

  arrived(execution: Execution, nowS: number): void {
    const threads = Math.max(1, Math.floor(this.part));
    execution.start(Math.min(execution.cell.threads, threads), nowS);
    const { threads: started } = execution;
    execution.efficiency = crowdingEfficiency(this.beta, started, started / this.part);
  }

  ended(): void {
    // Its part stays with its user.
  }

  share(executions: readonly Execution[]): number {
    for (const execution of executions) {
      execution.cpus = Math.min(execution.demand, this.part);
    }
    return Infinity;
  }
}
