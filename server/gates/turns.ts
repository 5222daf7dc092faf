import { Ration, type Share } from '../lib/ration';

/** How many lines of one connection are heard before others have their turn. */
export const LINES_PER_TURN = 8;

/** Where all are of one user, whose cells wait for nobody else's. */
export const ALL: Share = { ms: Infinity, jobs: Infinity, pauseMs: 0 };

/** Those who have not said hello: hellos and launchers cost far more than claims. */
export const STRANGERS = { ms: 2, jobs: 4, pauseMs: 0 };

/** How long strangers wait after one of them said nothing of use, in ms. */
const REST_MS = 4;

/** Those who last said nothing of use: what they say is worth no haste. */
export const TIRESOME = { ms: 1, jobs: 4, pauseMs: 5 };

/**
 * What came of hearing somebody: lines of use, with more behind them or none; something of no
 * use, and there may be more; or nothing, for now.
 */
export type Heard = 'more' | 'all' | 'useless' | 'nothing';

/** Somebody who may have said more than has been heard. */
export interface ITurnTaker {
  /** Whether it has said hello: its cells wait for an answer. */
  readonly isGreeted: boolean;
  /** Hear at most so many lines, or read on where there is none. */
  hear(linesMax: number): Heard;
}

/**
 * Lets connections be heard in turn, so that none keeps the others waiting.
 *
 * #### Notes
 * The first lines of what a kernel says are heard as they come; whoever says more than
 * {@link LINES_PER_TURN} at once waits for the next turn of the event loop with the rest.
 * All strangers together have a little of each turn: a thousand kernels that start at once do
 * not delay a cell. Whoever last said what was refused, or no whole line, comes after those who
 * did not, and seldom: a flood is heard at the pace that we set, and fills its own socket.
 */
export class Turns {
  private readonly greeted: Ration<ITurnTaker>;
  private readonly strangers: Ration<ITurnTaker>;
  private readonly tiresome: Ration<ITurnTaker>;
  /** Who last said nothing of use. */
  private readonly useless = new WeakSet<ITurnTaker>();

  /** Those who have said hello have such a share of the turns, and each some lines of one: their cells wait. */
  constructor(greeted: Share = ALL, nowMs?: () => number) {
    this.greeted = new Ration(greeted, it => this.hear(it, LINES_PER_TURN), nowMs);
    this.strangers = new Ration(STRANGERS, it => this.hear(it, 1), nowMs);
    this.tiresome = new Ration(TIRESOME, it => this.hear(it, 1), nowMs);
  }

  /** It has something to say: hear it at once if that is fair, else in its turn. */
  offer(speaker: ITurnTaker): void {
    if (this.useless.has(speaker)) {
      this.tiresome.add(speaker);
    } else {
      (speaker.isGreeted ? this.greeted : this.strangers).add(speaker);
    }
  }

  private hear(speaker: ITurnTaker, linesMax: number): void {
    const heard = speaker.hear(linesMax);
    if (heard === 'useless') {
      this.useless.add(speaker);
      this.strangers.rest(REST_MS);
    } else if (heard !== 'nothing') {
      this.useless.delete(speaker);
    }
    if (heard === 'useless' || heard === 'more') {
      this.offer(speaker);
    }
  }
}
