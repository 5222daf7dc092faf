import { Ration, type Share } from '../lib/ration';

/** How many lines of one connection are processed before others have their turn. */
export const LINES_PER_TURN = 8;

/** If all are of one user, whose cells wait for no other user's. */
export const ALL: Share = { ms: Infinity, jobs: Infinity, pauseMs: 0 };

/** Connections without a hello: hellos and launchers cost far more than claims. */
export const STRANGERS = { ms: 2, jobs: 4, pauseMs: 0 };

/** How long strangers wait after one of them sent something useless, in ms. */
const REST_MS = 4;

/** Connections whose last line was useless: they are in no hurry. */
export const TIRESOME = { ms: 1, jobs: 4, pauseMs: 5 };

/**
 * The outcome of a turn: useful lines, with or without more behind them; something useless,
 * possibly with more behind it; or nothing, for now.
 */
export type Heard = 'more' | 'all' | 'useless' | 'nothing';

/** A connection that may have unprocessed input. */
export interface ITurnTaker {
  /** Whether it has said hello: its cells wait for an answer. */
  readonly isGreeted: boolean;
  /** Process at most so many lines, or read on if there is none. */
  hear(linesMax: number): Heard;
}

/**
 * Lets connections take turns, so that none keeps the others waiting.
 *
 * #### Notes
 * A kernel's first lines are processed as they arrive; a connection that sends more than
 * {@link LINES_PER_TURN} at once waits for the next turn of the event loop with the rest.
 * All strangers together get a small part of each turn: a thousand kernels that start at once
 * do not delay a cell. A connection whose last line was refused, or not whole, comes after the
 * others, and seldom: a flood is processed at the pace that we set, and fills its own socket.
 */
export class Turns {
  private readonly greeted: Ration<ITurnTaker>;
  private readonly strangers: Ration<ITurnTaker>;
  private readonly tiresome: Ration<ITurnTaker>;
  /** Connections whose last line was useless. */
  private readonly useless = new WeakSet<ITurnTaker>();

  /** Greeted connections get this share of the turns, and each some lines of one: their cells wait. */
  constructor(greeted: Share = ALL, nowMs?: () => number) {
    this.greeted = new Ration(greeted, it => this.hear(it, LINES_PER_TURN), nowMs);
    this.strangers = new Ration(STRANGERS, it => this.hear(it, 1), nowMs);
    this.tiresome = new Ration(TIRESOME, it => this.hear(it, 1), nowMs);
  }

  /** It has input: process it at once if that is fair, else in its turn. */
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
