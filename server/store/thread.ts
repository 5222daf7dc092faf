import { Worker } from 'node:worker_threads';

import type { Answer, Order, Orders, Place } from './messages';

/** The heap of the thread, in MiB: SQLite's memory is not in it, and answers are bounded. */
const HEAP_MIB = 96;

/** How long the thread may take to close its file when the sidecar ends, in ms. */
const CLOSE_MS = 3000;

/** An order that was not carried out; the message says why. */
export class StoreError extends Error {
  constructor(
    why: string,
    /** A bug of ours: trying again is of no use. */
    readonly isMistake: boolean
  ) {
    super(why);
  }
}

/** What the thread needs. */
export type ThreadParts = {
  readonly place: Place;
  /** The bundle of worker.ts. */
  readonly program: string;
  /** Called when the thread ended by itself. */
  readonly onDeath: (why: string) => void;
  /** What people should know about the file; each time that it changes. */
  readonly onNotices: (notices: readonly string[]) => void;
};

type Pending = {
  readonly resolve: (value: unknown) => void;
  readonly reject: (why: StoreError) => void;
};

/**
 * The thread that has the database: SQLite blocks whoever calls it.
 *
 * #### Notes
 * Started with the first order, and again with the next one after it died. It keeps no process alive.
 */
export class StoreThread {
  private worker: Worker | null = null;
  private readonly pending = new Map<number, Pending>();
  private lastId = 0;
  private told = 0;
  private isEnded = false;

  constructor(private readonly parts: ThreadParts) {}

  /** How many orders have no answer yet. */
  get waiting(): number {
    return this.pending.size;
  }

  /** Whether there is a thread now. */
  get isRunning(): boolean {
    return this.worker !== null;
  }

  /** Have something done; orders are carried out one after another. Rejects with a {@link StoreError}. */
  ask<T extends keyof Orders>(type: T, of: Orders[T][0]): Promise<Orders[T][1]> {
    if (this.isEnded) {
      return Promise.reject(new StoreError('the sidecar is being stopped', false));
    }
    const worker = (this.worker ??= this.start());
    const order: Order = { id: (this.lastId += 1), type, of };
    return new Promise<unknown>((resolve, reject) => {
      this.pending.set(order.id, { resolve, reject });
      worker.postMessage(order);
    }) as Promise<Orders[T][1]>;
  }

  /** End it, when what was asked before is done. */
  async end(): Promise<void> {
    const { worker } = this;
    if (worker) {
      const closed = this.ask('close', null).catch(() => undefined);
      const late = new Promise(resolve => setTimeout(resolve, CLOSE_MS).unref());
      await Promise.race([closed, late]);
    }
    this.isEnded = true;
    this.worker = null;
    await worker?.terminate();
  }

  private start(): Worker {
    const { place, program } = this.parts;
    const worker = new Worker(program, {
      workerData: place,
      name: 'history',
      // SQLite is called experimental by some versions of Node.
      execArgv: ['--disable-warning=ExperimentalWarning'],
      resourceLimits: { maxOldGenerationSizeMb: HEAP_MIB, maxYoungGenerationSizeMb: 8 }
    });
    worker.unref();
    worker.on('message', (answer: Answer) => this.hear(answer));
    let why = 'it ended';
    worker.on('error', failure => (why = String(failure.stack ?? failure)));
    worker.on('exit', () => this.worker === worker && this.die(why));
    return worker;
  }

  private hear(answer: Answer): void {
    const { resolve, reject } = this.pending.get(answer.id) ?? {};
    this.pending.delete(answer.id);
    if (answer.notices.length > this.told) {
      this.told = answer.notices.length;
      this.parts.onNotices(answer.notices);
    }
    'why' in answer
      ? reject?.(new StoreError(answer.why, answer.isMistake))
      : resolve?.(answer.value);
  }

  private die(why: string): void {
    this.worker = null;
    this.told = 0;
    const all = [...this.pending.values()];
    this.pending.clear();
    this.parts.onDeath(why);
    all.forEach(it => it.reject(new StoreError('its thread ended', false)));
  }
}
