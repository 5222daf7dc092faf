/** What a kind of work may take before everything else has its turn. */
export type Share = {
  /** After so many ms of a turn, it starts nothing more. */
  readonly ms: number;
  /** How many jobs one turn starts at most: some of their cost comes after them. */
  readonly jobs: number;
  /** The shortest pause between two turns, in ms; 0 for the next turn of the event loop. */
  readonly pauseMs: number;
};

/**
 * Serves things in order of arrival, with a share of each turn of the event loop.
 *
 * #### Notes
 * An arrival is served at once if none waits and something of the turn's share is
 * left. However many arrive, other work of the event loop waits for little more than one
 * share. If there is a pause between turns, the process sleeps in it, which lets
 * it wake at once for others on a busy machine.
 */
export class Ration<T> {
  /** A set: in order of insertion, without duplicates. */
  private readonly waiting = new Set<T>();
  private spentMs = 0;
  private begun = 0;
  private restMs = 0;
  private isServing = false;
  private isPlanned = false;

  constructor(
    private readonly share: Share,
    private readonly serve: (it: T) => void,
    private readonly nowMs: () => number = () => performance.now()
  ) {}

  /** Serve it when its turn comes; does nothing if it already waits. */
  add(it: T): void {
    this.waiting.add(it);
    if (this.waiting.size === 1 && !this.isServing) {
      this.serveWaiting();
    }
    this.plan();
  }

  /** Delay the next turn by at least so many ms, unless it is already due. */
  rest(ms: number): void {
    this.restMs = ms;
  }

  private turn(): void {
    this.isPlanned = false;
    this.spentMs = 0;
    this.begun = 0;
    if (this.waiting.size) {
      this.serveWaiting();
      this.plan();
    }
  }

  private serveWaiting(): void {
    this.isServing = true;
    // Not those added meanwhile: one that has more waits for the next turn.
    for (const it of [...this.waiting].slice(0, this.share.jobs - this.begun)) {
      if (this.spentMs >= this.share.ms) {
        break;
      }
      const beganMs = this.nowMs();
      this.begun += 1;
      this.waiting.delete(it);
      this.serve(it);
      this.spentMs += this.nowMs() - beganMs;
    }
    this.isServing = false;
  }

  private plan(): void {
    if (this.isPlanned) {
      return;
    }
    this.isPlanned = true;
    const pauseMs = Math.max(this.share.pauseMs, this.restMs);
    this.restMs = 0;
    pauseMs > 0 ? setTimeout(() => this.turn(), pauseMs) : setImmediate(() => this.turn());
  }
}
