import type { Execution } from '../protocol/execution';
import type { Batch } from './messages';
import type { Limits } from './retention';
import type { Sample } from './samples';
import { type StoreError } from './thread';

/** How long what happened waits for more of it, in ms; and how much of it is written at once. */
const BATCH_MS = 1000;
const BATCH_MAX = 500;

/** How long to wait after a failure, in ms. */
const RETRY_MS = 5_000;

/** How much is kept while nothing can be written; then what is oldest is lost. */
const KEPT_MAX = 10_000;

/** What the recorder needs. */
export type RecorderParts = {
  readonly write: (batch: Batch) => Promise<unknown>;
  readonly limits: () => Limits;
  readonly nowMs: () => number;
  /** Recording is paused, for a reason given as a sentence; or (null) it goes on. */
  readonly onPause: (why: string | null) => void;
  /** A batch is lost by our own mistake. */
  readonly onMistake: (why: string) => void;
};

/**
 * Writes down what happens, in batches: one at a time, and again where the disk refused it.
 *
 * #### Notes
 * A crash of the process loses at most what happened in the last second.
 */
export class Recorder {
  private executions: Execution[] = [];
  private samples: Sample[] = [];
  private timer: NodeJS.Timeout | null = null;
  private writing: Promise<void> | null = null;
  private isPaused = false;
  private lost = 0;

  constructor(private readonly parts: RecorderParts) {}

  addExecution(it: Execution): void {
    this.executions.push(it);
    this.lost += dropOldest(this.executions);
    this.executions.length >= BATCH_MAX && !this.isPaused ? this.begin() : this.wait(BATCH_MS);
  }

  /** Samples wait for the batch that comes next. */
  addSamples(samples: readonly Sample[]): void {
    this.samples.push(...samples);
    dropOldest(this.samples);
    this.wait(BATCH_MS);
  }

  /** Begin to write what there is, so that a question that follows is answered with it. */
  hurry(): void {
    this.isPaused || this.begin();
  }

  /** Write down what there is, now. */
  async flush(): Promise<void> {
    await this.writing;
    this.begin();
    await this.writing;
  }

  private wait(ms: number): void {
    this.timer ??= setTimeout(() => this.begin(), ms).unref();
  }

  private begin(): void {
    clearTimeout(this.timer ?? undefined);
    this.timer = null;
    if (!this.writing && this.executions.length + this.samples.length > 0) {
      this.writing = this.write().finally(() => (this.writing = null));
    }
  }

  private async write(): Promise<void> {
    const executions = this.executions.splice(0, BATCH_MAX);
    const samples = this.samples.splice(0);
    const { limits, nowMs } = this.parts;
    try {
      await this.parts.write({ executions, samples, limits: limits(), nowMs: nowMs() });
      this.goOn();
    } catch (failure) {
      const { message, isMistake } = failure as StoreError;
      if (isMistake) {
        this.parts.onMistake(message);
        return;
      }
      this.executions.unshift(...executions);
      this.samples.unshift(...samples);
      this.pause(message);
    }
  }

  private goOn(): void {
    this.isPaused && this.parts.onPause(null);
    this.isPaused = false;
    this.lost = 0;
    // What came meanwhile waits for no more of it.
    this.executions.length >= BATCH_MAX ? setImmediate(() => this.begin()) : this.rest();
  }

  private rest(): void {
    this.executions.length + this.samples.length > 0 && this.wait(BATCH_MS);
  }

  private pause(why: string): void {
    this.lost += dropOldest(this.executions) + dropOldest(this.samples);
    this.isPaused = true;
    this.parts.onPause(this.lost ? `${why} The oldest of what waits is being lost.` : why);
    this.wait(RETRY_MS);
  }
}

function dropOldest(list: unknown[]): number {
  return list.splice(0, Math.max(0, list.length - KEPT_MAX)).length;
}
