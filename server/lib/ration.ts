/** What a kind of work may take before everything else has its turn. */
export type Share = {
  /** Once so many ms of a turn are spent, nothing more is begun in it. */
  readonly ms: number;
  /** How many jobs of one turn are begun at most: some of what they cost comes after them. */
  readonly jobs: number;
  /** How long after a turn the next one comes at the earliest, in ms; 0 for the next of the event loop. */
  readonly pauseMs: number;
};

/**
 * Serves things in the order in which they came, a share of each turn of the event loop.
 *
 * #### Notes
 * Whoever comes when nobody waits is served at once, as long as something of the turn's share is
 * left. However many come, what else the event loop has to do waits for little more than one
 * share; and where there is a pause between turns, the process sleeps in it, which is what lets
 * it wake at once for others on a busy machine.
 */
export class Ration<T> {
  /** A set: in the order of insertion, and nothing twice. */
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

  /** Serve it when its time has come; nothing where it waits already. */
  add(it: T): void {
    this.waiting.add(it);
    if (this.waiting.size === 1 && !this.isServing) {
      this.serveWaiting();
    }
    this.plan();
  }

  /** Let the next turn come no sooner than after so many ms, where it is not on its way yet. */
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
    // Not those that come in meanwhile: whoever has more waits for the next turn.
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
