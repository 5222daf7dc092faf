import { speedup } from './downey';
import type { Cell } from './cell';

/** Work that counts as none: what rounding leaves, in CPU-s. */
const WORK_LEFT_MAX = 1e-8;

/**
 * One cell from its arrival to its end: what a policy decides about it, and how
 * far it is.
 *
 * #### Notes
 * A policy sets `cpus` and `efficiency` and calls `start`. It may read `demand`,
 * `threads` and `cpuSeconds`, which a node can know; only an oracle reads the
 * cell's work.
 */
export class Execution {
  /** CPUs that it gets now, at most its demand. */
  cpus = 0;
  /** What is left of each of its CPU-seconds, 0 to 1. */
  efficiency = 1;
  /** Size of its thread pools; 0 until it starts. */
  threads = 0;
  /** When it started; NaN while it waits. */
  startedS = NaN;
  /** CPU time that it used. */
  cpuSeconds = 0;
  /** Work left in this turn, in CPU-s at one thread. */
  workLeft: number;
  /** When its wait ends; NaN while it computes. */
  wakesS = NaN;

  /** Its policy refused or interrupted it: it ends at once, with its work left. */
  isRefused = false;

  private turnsLeft: number;
  private speedPerCpu = 0;

  constructor(
    readonly cell: Cell,
    readonly arrivedS: number
  ) {
    this.turnsLeft = cell.turns;
    this.workLeft = cell.work / cell.turns;
  }

  /** Threads that could use a CPU now. */
  get demand(): number {
    return this.startedS === this.startedS && this.wakesS !== this.wakesS ? this.threads : 0;
  }

  /** Work per second at the CPUs that it has now. */
  get rate(): number {
    return this.cpus * this.speedPerCpu * this.efficiency;
  }

  /** Its progress, in seconds of its time alone per second. */
  get progress(): number {
    if (this.startedS !== this.startedS) {
      return 0;
    }
    return this.wakesS === this.wakesS
      ? 1
      : this.rate / speedup(this.cell.speedup, this.cell.threads);
  }

  /** Time alone that is left; for oracles. */
  get aloneLeftS(): number {
    const { cell } = this;
    const workLeft = this.workLeft + (this.turnsLeft - 1) * (cell.work / cell.turns);
    return workLeft / speedup(cell.speedup, cell.threads) + this.turnsLeft * cell.turnWaitS;
  }

  /**
   * Set the size of its thread pools, and start it if it waits.
   *
   * #### Notes
   * A cell runs at most as many threads as its libraries can use. n threads on
   * a < n CPUs progress at S(n) · a / n.
   */
  start(threads: number, nowS: number): void {
    if (this.startedS !== this.startedS) {
      this.startedS = nowS;
    }
    if (threads !== this.threads) {
      this.threads = threads;
      this.speedPerCpu = speedup(this.cell.speedup, threads) / threads;
    }
  }

  /** When it next ends a turn at its present rate; Infinity if never. */
  nextChangeS(nowS: number): number {
    if (this.isRefused) {
      return nowS;
    }
    if (this.wakesS === this.wakesS) {
      return this.wakesS;
    }
    return this.rate > 0 ? nowS + this.workLeft / this.rate : Infinity;
  }

  /** Let time pass. */
  advance(seconds: number): void {
    if (this.cpus > 0) {
      this.workLeft -= this.rate * seconds;
      this.cpuSeconds += this.cpus * seconds;
    }
  }

  /** Turn from computing to waiting and back, if it is time; true when the cell has ended. */
  turn(nowS: number): boolean {
    if (this.isRefused) {
      return true;
    }
    if (this.wakesS === this.wakesS) {
      if (nowS < this.wakesS) {
        return false;
      }
      this.wakesS = NaN;
      this.turnsLeft -= 1;
      this.workLeft = this.turnsLeft ? this.cell.work / this.cell.turns : 0;
      return this.turnsLeft === 0;
    }
    if (this.workLeft > WORK_LEFT_MAX) {
      return false;
    }
    if (this.cell.turnWaitS === 0) {
      return true;
    }
    this.cpus = 0;
    this.wakesS = nowS + this.cell.turnWaitS;
    return false;
  }
}
