import { Execution } from './execution';
import { Heap } from './heap';
import type { Cell } from './cell';

/** Shares the node among the cells that are there. */
export interface IPolicy {
  /** A cell arrived; it is among those of the next `share`. */
  arrived(execution: Execution, nowS: number): void;
  /** A cell ended; it is no longer among them. */
  ended(execution: Execution, nowS: number): void;
  /**
   * Start cells, and set `cpus` and `efficiency` of each one that computes.
   *
   * #### Notes
   * Called after every change, once. Returns when it wants to be called again
   * at the latest; Infinity for "when something changes".
   */
  share(executions: readonly Execution[], nowS: number): number;
}

/** One cell that ended. */
export type Finished = {
  readonly cell: Cell;
  readonly arrivedS: number;
  /** NaN if it was refused before it started. */
  readonly startedS: number;
  readonly endedS: number;
  readonly isRefused: boolean;
};

/** What a run of the simulator found. */
export type Outcome = {
  readonly finished: readonly Finished[];
  /** Time in which at least one cell was there. */
  readonly busyS: number;
  /** Integral of the progress of all cells, in seconds of their time alone. */
  readonly progressS: number;
  /** CPU time handed out. */
  readonly cpuSeconds: number;
};

/** A user who thinks. */
type Thinker = { readonly user: number; readonly atS: number };

/** More changes than this without time passing is a policy that cannot make up its mind. */
const CHANGES_AT_ONCE_MAX = 100_000;

/**
 * Cells, a policy and a clock that jumps from change to change.
 *
 * #### Notes
 * Progress is fluid: between two changes each cell proceeds at a constant rate.
 * A change costs time proportional to the cells that are there.
 */
class Simulation {
  private nowS = 0;
  private executions: Execution[] = [];
  private readonly nextCell: number[];
  private readonly thinkers = new Heap<Thinker>((a, b) => a.atS - b.atS || a.user - b.user);
  private readonly finished: Finished[] = [];
  private busyS = 0;
  private progressS = 0;
  private cpuSeconds = 0;

  constructor(
    private readonly users: readonly (readonly Cell[])[],
    private readonly policy: IPolicy
  ) {
    this.nextCell = users.map(() => 0);
    users.forEach((_, user) => this.think(user));
  }

  run(): Outcome {
    let callAgainS = Infinity;
    let atOnce = 0;
    while (this.executions.length || this.thinkers.peek()) {
      const untilS = Math.min(callAgainS, this.nextChangeS());
      if (!(untilS < Infinity)) {
        throw new Error(`at ${this.nowS} s ${this.executions.length} cells are stuck`);
      }
      atOnce = untilS > this.nowS ? 0 : atOnce + 1;
      if (atOnce > CHANGES_AT_ONCE_MAX) {
        throw new Error(`at ${this.nowS} s the policy does not let time pass`);
      }
      this.passTime(untilS);
      this.endCells();
      this.admitArrivals();
      callAgainS = this.policy.share(this.executions, this.nowS);
    }
    const { finished, busyS, progressS, cpuSeconds } = this;
    return { finished, busyS, progressS, cpuSeconds };
  }

  private nextChangeS(): number {
    let nextS = this.thinkers.peek()?.atS ?? Infinity;
    for (const execution of this.executions) {
      nextS = Math.min(nextS, execution.nextChangeS(this.nowS));
    }
    return Math.max(nextS, this.nowS);
  }

  private passTime(untilS: number): void {
    const seconds = untilS - this.nowS;
    this.nowS = untilS;
    if (this.executions.length && seconds > 0) {
      this.busyS += seconds;
      for (const execution of this.executions) {
        this.progressS += execution.progress * seconds;
        this.cpuSeconds += execution.cpus * seconds;
        execution.advance(seconds);
      }
    }
  }

  private endCells(): void {
    const ended = this.executions.filter(execution => execution.turn(this.nowS));
    if (ended.length) {
      this.executions = this.executions.filter(execution => !ended.includes(execution));
    }
    for (const execution of ended) {
      const { cell, arrivedS, startedS, isRefused } = execution;
      this.finished.push({ cell, arrivedS, startedS, endedS: this.nowS, isRefused });
      this.policy.ended(execution, this.nowS);
      this.think(cell.user);
    }
  }

  private admitArrivals(): void {
    for (
      let next = this.thinkers.peek();
      next && next.atS <= this.nowS;
      next = this.thinkers.peek()
    ) {
      this.thinkers.pop();
      const at = this.nextCell[next.user]!;
      this.nextCell[next.user] = at + 1;
      const execution = new Execution(this.users[next.user]![at]!, this.nowS);
      this.executions.push(execution);
      this.policy.arrived(execution, this.nowS);
    }
  }

  private think(user: number): void {
    const cell = this.users[user]![this.nextCell[user]!];
    if (cell) {
      this.thinkers.push({ user, atS: this.nowS + cell.thinkS });
    }
  }
}

/** Run the cells of all users through a policy, to the last one. */
export function simulate(users: readonly (readonly Cell[])[], policy: IPolicy): Outcome {
  return new Simulation(users, policy).run();
}
