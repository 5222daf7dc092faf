/** How many lines of one connection are heard before others have their turn. */
export const LINES_PER_TURN = 8;

/** How long those are heard in one turn who have not said hello, in ms. */
const STRANGERS_MS_MAX = 5;

/** Somebody who may have said more than has been heard. */
export interface ISpeaker {
  /** Whether it has said hello: its cells wait for an answer. */
  readonly isGreeted: boolean;
  /** Hear at most so many lines; whether more are left that can be heard now. */
  hear(linesMax: number): boolean;
}

/**
 * Lets connections be heard in turn, so that none keeps the others waiting.
 *
 * #### Notes
 * The first lines of what a kernel says are heard as they come; whoever says more than
 * {@link LINES_PER_TURN} at once waits for the next turn of the event loop with the rest.
 * Hellos and launchers cost far more than claims (a place is made, a process looked at), so all
 * of them together have at most some ms of each turn: a thousand kernels that start at once do
 * not delay a cell.
 */
export class Turns {
  private readonly waiting = new Set<ISpeaker>();
  private strangersMs = 0;
  private isPlanned = false;

  constructor(private readonly nowMs: () => number = () => performance.now()) {}

  /** It has something to say: hear it at once if that is fair, else in its turn. */
  offer(speaker: ISpeaker): void {
    if (this.waiting.has(speaker)) {
      return;
    }
    const isFair = speaker.isGreeted || this.waiting.size === 0;
    if (!isFair || this.give(speaker)) {
      this.waiting.add(speaker);
      this.plan();
    }
  }

  /** One turn of all who wait, in the order in which they began to. */
  private round(): void {
    this.isPlanned = false;
    this.strangersMs = 0;
    for (const speaker of [...this.waiting]) {
      this.waiting.delete(speaker);
      if (this.give(speaker)) {
        this.waiting.add(speaker);
      }
    }
    if (this.waiting.size) {
      this.plan();
    }
  }

  /** Hear some of what it says; whether it has to come again. */
  private give(speaker: ISpeaker): boolean {
    if (speaker.isGreeted) {
      return speaker.hear(LINES_PER_TURN);
    }
    if (this.strangersMs >= STRANGERS_MS_MAX) {
      return true;
    }
    const beganMs = this.nowMs();
    const isLeft = speaker.hear(1);
    this.strangersMs += this.nowMs() - beganMs;
    this.plan();
    return isLeft;
  }

  private plan(): void {
    if (!this.isPlanned) {
      this.isPlanned = true;
      setImmediate(() => this.round());
    }
  }
}
