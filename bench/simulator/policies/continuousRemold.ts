import type { IPolicy } from '../../../server/simulator/engine';
import type { Execution } from '../../../server/simulator/execution';
import { waterFill } from '../../../server/simulator/sharing';

/**
 * Equal CPUs for each cell, and as many threads as CPUs at every moment.
 *
 * #### Notes
 * No library can do this in the middle of a cell; it bounds what molding once
 * leaves on the table.
 */
export class ContinuousRemold implements IPolicy {
  constructor(private readonly cpus: number) {}

  arrived(execution: Execution, nowS: number): void {
    execution.start(execution.cell.threads, nowS);
  }

  ended(): void {
    // The next share sees that it is gone.
  }

  share(executions: readonly Execution[], nowS: number): number {
    const awake = executions.filter(({ demand }) => demand > 0);
    const shares = new Float64Array(awake.length);
    waterFill(
      awake.map(() => 1),
      awake.map(({ cell }) => cell.threads),
      this.cpus,
      shares
    );
    awake.forEach((execution, at) => {
      execution.cpus = shares[at]!;
      execution.start(shares[at]!, nowS);
    });
    return Infinity;
  }
}
