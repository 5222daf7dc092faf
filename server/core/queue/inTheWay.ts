import { compareText, firstDifference } from '../../lib/comparators';
import type { HolderEntry } from '../entries';

/** What a holder has of something that a claim waits for. */
export type Found = {
  readonly holder: HolderEntry;
  readonly amount: number;
  /** Returned when a cell or a hold ends (ADM9); what is merely kept is not. */
  readonly isGranted: boolean;
};

/** The actual blockers, largest first, and what the others keep together. */
export type InTheWay = {
  /** The largest few of those that are named, and how many there are. */
  readonly named: readonly Found[];
  readonly count: number;
  readonly rest: Rest;
};

/** Those that are not named; none if their sum is too small to mention. */
type Rest = {
  readonly count: number;
  readonly amount: number;
  /** Whether none of them runs anything. */
  readonly isIdle: boolean;
  readonly areKernels: boolean;
};

/** This many of each kind are examined one by one. */
const LOOKED_AT_MAX = 10;

/** What is kept is named from this fraction of all that others have, and mentioned from this. */
export const WORTH_A_NAME = 0.1;
const WORTH_A_WORD = 0.01;

const mostFirst = firstDifference<Found>(
  (a, b) => b.amount - a.amount,
  (a, b) => compareText(a.holder.holder.id, b.holder.holder.id)
);

const isRunning = ({ holder }: Found) => holder.running.size > 0;
const isKernel = ({ holder }: Found) => holder.holder.kind === 'kernel';

/** The largest few of many, and what all have together. */
class Tally {
  readonly most: Found[] = [];
  count = 0;
  amount = 0;
  running = 0;
  kernels = 0;

  add(it: Found): void {
    this.count += 1;
    this.amount += it.amount;
    this.running += isRunning(it) ? 1 : 0;
    this.kernels += isKernel(it) ? 1 : 0;
    const last = this.most[LOOKED_AT_MAX - 1];
    if (!last || mostFirst(it, last) < 0) {
      this.most.push(it);
      this.most.sort(mostFirst);
      this.most.length = Math.min(this.most.length, LOOKED_AT_MAX);
    }
  }
}

/**
 * Distinguish holders whose release would help from those that merely hold some, too.
 *
 * #### Notes
 * Names all that were granted some, because the end of a cell returns it;
 * and of those that merely keep some, the ones that are needed to cover what is `short`,
 * largest first, and those that keep a large part of everything.
 * Examines each one once, however many there are.
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
  const count = kept.count - weighty.length;
  return {
    named: [...granted.most, ...weighty].sort(mostFirst),
    count: granted.count + weighty.length,
    rest: {
      count: amount < total * WORTH_A_WORD ? 0 : count,
      amount,
      isIdle: kept.running === weighty.filter(isRunning).length,
      areKernels: kept.kernels === weighty.filter(isKernel).length + count
    }
  };
}

/** The largest that together cover what is short. */
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
