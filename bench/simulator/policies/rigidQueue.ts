import type { IPolicy } from '../../../server/simulator/engine';
import type { Execution } from '../../../server/simulator/execution';

/** Predicts how long a cell will hold its CPUs, in s. */
export interface IPredictor {
  predict(execution: Execution): number;
  /** A cell ended after running this long. */
  learn(execution: Execution, ranS: number): void;
}

/** Knows every running time: what no node can know. */
export class Oracle implements IPredictor {
  predict({ cell }: Execution): number {
    return cell.aloneS;
  }

  learn(): void {
    // There is nothing that it does not know.
  }
}

/** The mean of the user's last two running times (Tsafrir, Etsion and Feitelson, 2007). */
export class LastTwo implements IPredictor {
  private readonly ranS = new Map<number, number[]>();

  predict({ cell }: Execution): number {
    const past = this.ranS.get(cell.user);
    return past ? past.reduce((sum, it) => sum + it, 0) / past.length : 60;
  }

  learn({ cell }: Execution, ranS: number): void {
    this.ranS.set(cell.user, [...(this.ranS.get(cell.user) ?? []), ranS].slice(-2));
  }
}

type Running = { readonly execution: Execution; endsS: number };

/**
 * A batch queue: a cell waits until as many CPUs as it has threads are free, and
 * then keeps them. Without a predictor first come, first served; with one, EASY
 * backfilling: a later cell may start if it does not delay the first one.
 */
export class RigidQueue implements IPolicy {
  private queue: Execution[] = [];
  private running: Running[] = [];
  private free: number;

  constructor(
    cpus: number,
    private readonly predictor: IPredictor | null
  ) {
    this.free = cpus;
  }

  arrived(execution: Execution): void {
    this.queue.push(execution);
  }

  ended(execution: Execution, nowS: number): void {
    this.running = this.running.filter(it => it.execution !== execution);
    this.free += execution.threads;
    this.predictor?.learn(execution, nowS - execution.startedS);
  }

  share(executions: readonly Execution[], nowS: number): number {
    for (let head = this.queue[0]; head && head.cell.threads <= this.free; head = this.queue[0]) {
      this.queue.shift();
      this.startOne(head, nowS);
    }
    if (this.predictor && this.queue.length > 1) {
      this.backfill(this.predictor, nowS);
    }
    for (const execution of executions) {
      execution.cpus = execution.demand;
    }
    return Infinity;
  }

  private startOne(execution: Execution, nowS: number): void {
    execution.start(execution.cell.threads, nowS);
    this.free -= execution.threads;
    const ranS = this.predictor?.predict(execution) ?? 0;
    this.running.push({ execution, endsS: nowS + ranS });
  }

  private backfill(predictor: IPredictor, nowS: number): void {
    const { shadowS, spare: spareAtFirst } = this.reservation(nowS);
    let spare = spareAtFirst;
    for (const later of this.queue.slice(1)) {
      const { threads } = later.cell;
      const endsInTime = nowS + predictor.predict(later) <= shadowS;
      if (threads <= this.free && (endsInTime || threads <= spare)) {
        spare -= endsInTime ? 0 : threads;
        this.queue = this.queue.filter(it => it !== later);
        this.startOne(later, nowS);
      }
    }
  }

  /** When the head can start at the latest, and how many CPUs are then left over. */
  private reservation(nowS: number): { shadowS: number; spare: number } {
    for (const it of this.running) {
      if (it.endsS <= nowS) {
        // It outlived its prediction: what is left is taken to be what has passed.
        it.endsS = nowS + Math.max(1, nowS - it.execution.startedS);
      }
    }
    let free = this.free;
    for (const { execution, endsS } of [...this.running].sort((a, b) => a.endsS - b.endsS)) {
      free += execution.threads;
      if (free >= this.queue[0]!.cell.threads) {
        return { shadowS: endsS, spare: free - this.queue[0]!.cell.threads };
      }
    }
    return { shadowS: Infinity, spare: 0 };
  }
}
