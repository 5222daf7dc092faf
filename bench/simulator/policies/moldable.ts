import type { IPolicy } from '../../../server/simulator/engine';
import type { Execution } from '../../../server/simulator/execution';

/**
 * Exclusive CPUs for each cell: the first in the queue starts as soon as one CPU
 * is free, with as many threads as are free then, and keeps them to its end.
 */
export class MoldableRunToCompletion implements IPolicy {
  private readonly queue: Execution[] = [];
  private free: number;

  constructor(cpus: number) {
    this.free = cpus;
  }

  arrived(execution: Execution): void {
    this.queue.push(execution);
  }

  ended(execution: Execution): void {
    this.free += execution.threads;
  }

  share(executions: readonly Execution[], nowS: number): number {
    while (this.free > 0 && this.queue.length) {
      const head = this.queue.shift()!;
      head.start(Math.min(head.cell.threads, this.free), nowS);
      this.free -= head.threads;
    }
    for (const execution of executions) {
      execution.cpus = execution.demand;
    }
    return Infinity;
  }
}
