import type { IPolicy } from '../../../server/simulator/engine';
import type { Execution } from '../../../server/simulator/execution';
import { crowdingEfficiency, waterFill } from '../../../server/simulator/sharing';

/** What tells one molded equipartition from another. */
export type Molding = {
  /** Threads per CPU of the share at the cell's start. */
  readonly threadsPerCpu: number;
  /** Weight of a cell's first 2 CPU-seconds. */
  readonly fastWeight: number;
  /** Weight of a cell, for oracles; 1 if absent. */
  readonly weightOf?: (execution: Execution) => number;
  /** Ask again after so many seconds, for weights that change as time passes. */
  readonly refreshS?: number;
};

const FAST_CPU_SECONDS = 2;

/**
 * Equal CPUs for each cell, threads molded to the share at the cell's start.
 *
 * #### Notes
 * With one thread per CPU and no fast weight this is plain equipartition. The
 * demand of each cell is known. Each cell runs on CPUs of its own, so it is
 * crowded by its own threads only.
 */
export class MoldedEquipartition implements IPolicy {
  private readonly newcomers = new Set<Execution>();
  private readonly present = new Set<Execution>();

  constructor(
    private readonly cpus: number,
    private readonly beta: number,
    private readonly molding: Molding
  ) {}

  arrived(execution: Execution): void {
    this.newcomers.add(execution);
    this.present.add(execution);
  }

  ended(execution: Execution): void {
    this.present.delete(execution);
  }

  share(executions: readonly Execution[], nowS: number): number {
    for (const newcomer of this.newcomers) {
      newcomer.start(this.moldedThreads(newcomer), nowS);
    }
    this.newcomers.clear();
    const shares = new Float64Array(executions.length);
    const weights = executions.map(it => this.weightOf(it));
    waterFill(
      weights,
      executions.map(({ demand }) => demand),
      this.cpus,
      shares
    );
    executions.forEach((execution, at) => {
      execution.cpus = shares[at]!;
      const threadsPerCpu = execution.demand / execution.cpus;
      execution.efficiency = crowdingEfficiency(this.beta, execution.demand, threadsPerCpu);
    });
    return Math.min(
      this.nextFastEndS(executions, nowS),
      nowS + (this.molding.refreshS ?? Infinity)
    );
  }

  private weightOf(execution: Execution): number {
    const { fastWeight, weightOf } = this.molding;
    const fast = execution.cpuSeconds < FAST_CPU_SECONDS - 1e-9;
    return (weightOf?.(execution) ?? 1) * (fast ? fastWeight : 1);
  }

  /** Threads for a newcomer: all that it can use if every demand fits, else by its unboosted share. */
  private moldedThreads(newcomer: Execution): number {
    const cells = [...this.present].filter(it => it === newcomer || !this.newcomers.has(it));
    const demands = cells.map(it => (it === newcomer ? it.cell.threads : it.threads));
    if (demands.reduce((sum, it) => sum + it, 0) <= this.cpus) {
      return newcomer.cell.threads;
    }
    const shares = new Float64Array(cells.length);
    waterFill(
      cells.map(it => this.molding.weightOf?.(it) ?? 1),
      demands,
      this.cpus,
      shares
    );
    const molded = Math.max(
      1,
      Math.round(this.molding.threadsPerCpu * shares[cells.indexOf(newcomer)]!)
    );
    return Math.min(newcomer.cell.threads, molded);
  }

  private nextFastEndS(executions: readonly Execution[], nowS: number): number {
    if (this.molding.fastWeight === 1) {
      return Infinity;
    }
    return executions.reduce((nextS, { cpuSeconds, cpus }) => {
      const left = FAST_CPU_SECONDS - cpuSeconds;
      return left > 1e-9 && cpus > 0 ? Math.min(nextS, nowS + left / cpus) : nextS;
    }, Infinity);
  }
}
