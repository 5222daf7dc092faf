import { compareText, firstDifference } from '../../lib/comparators';
import type { HolderEntry } from '../entries';

/** What a holder has of something that somebody waits for. */
export type Found = {
  readonly holder: HolderEntry;
  readonly amount: number;
  /** It comes back when a cell ends, or a hold (ADM9); what is merely kept does not. */
  readonly isGranted: boolean;
};

/** Who really stands in the way, largest first, and what the others keep together. */
export type InTheWay = {
  /** The largest few of those that are worth a name, and how many there are. */
  readonly named: readonly Found[];
  readonly count: number;
  readonly rest: Rest;
};

/** Those that are not worth a name; none where together they are not worth a word. */
export type Rest = {
  readonly count: number;
  readonly amount: number;
  /** Whether none of them runs anything. */
  readonly isIdle: boolean;
};

/** So many of each kind are looked at one by one. */
const LOOKED_AT_MAX = 10;

/** What is kept is worth a name from this part of all that others have, and a word from this. */
export const WORTH_A_NAME = 0.1;
const WORTH_A_WORD = 0.01;

const mostFirst = firstDifference<Found>(
  (a, b) => b.amount - a.amount,
  (a, b) => compareText(a.holder.holder.id, b.holder.holder.id)
);

/** The largest few of many, and what all have together. */
class Tally {
  readonly most: Found[] = [];
  count = 0;
  amount = 0;
  running = 0;

  add(it: Found): void {
    this.count += 1;
    this.amount += it.amount;
    this.running += it.holder.running.size > 0 ? 1 : 0;
    const last = this.most[LOOKED_AT_MAX - 1];
    if (!last || mostFirst(it, last) < 0) {
      this.most.push(it);
      this.most.sort(mostFirst);
      this.most.length = Math.min(this.most.length, LOOKED_AT_MAX);
    }
  }
}

/**
 * Tell those whose leaving would help from those that merely are there as well.
 *
 * #### Notes
 * Named are all that were granted some, since the end of a cell gives it back;
 * and of those that merely keep some, the ones without which what is `short`
 * is not made up, largest first, and those that keep a good part of everything.
 * Looks at each one once, however many there are.
 */
export function inTheWay(found: Iterable<Found>, short: number): InTheWay {
  const granted = new Tally();
  const kept = new Tally();
  for (const it of found) {
    (it.isGranted ? granted : kept).add(it);
  }
  const needed = enough([...granted.most, ...kept.most].sort(mostFirst), short);
  const total = granted.amount + kept.amount;
  const weighty = kept.most.filter(it => needed.has(it) || it.amount >= total * WORTH_A_NAME);
  const amount = weighty.reduce((left, it) => left - it.amount, kept.amount);
  return {
    named: [...granted.most, ...weighty].sort(mostFirst),
    count: granted.count + weighty.length,
    rest: {
      count: amount < total * WORTH_A_WORD ? 0 : kept.count - weighty.length,
      amount,
      isIdle: kept.running === weighty.filter(it => it.holder.running.size > 0).length
    }
  };
}

/** The largest that together make up for what is short. */
function enough(largestFirst: readonly Found[], short: number): ReadonlySet<Found> {
  const chosen = new Set<Found>();
  let sum = 0;
  for (const it of largestFirst) {
    if (sum >= short) {
      break;
    }
    chosen.add(it);
    sum += it.amount;
  }
  return chosen;
}
