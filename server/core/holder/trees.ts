import { blockingCpus } from '../cpu/cpuCounts';
import type { ClaimEntry, HolderEntry, RunningEntry } from '../entries';
import type { State } from '../state';

/*
 * Cells that run inside cells: a kernel started by another one's cell, and a
 * cell that its own kernel started in the middle of another (ADM10). The outer ones end
 * only after the inner ones, which may use what the outer ones hold.
 */

/** Whether a holder is the other one, or started it, directly or indirectly. */
export function surrounds(outer: HolderEntry, inner: HolderEntry): boolean {
  let at: HolderEntry | null = inner;
  while (at && at !== outer) {
    at = at.parent;
  }
  return at !== null;
}

/** The running cell of the same kernel during which a claim was started, if any. */
function outerOf({ outer, holder }: ClaimEntry): RunningEntry | null {
  let at = outer as RunningEntry | null;
  while (at && !holder.running.has(at)) {
    at = at.outer as RunningEntry | null;
  }
  return at;
}

/** The running claims around a claim, the nearest first: none ends before it. */
export function outerClaims(entry: ClaimEntry): RunningEntry[] {
  const outer: RunningEntry[] = [];
  for (let at = outerOf(entry); at; at = outerOf(at)) {
    outer.push(at);
  }
  for (let at = entry.holder.parent; at; at = at.parent) {
    outer.push(...at.running);
  }
  return outer;
}

/** Whether a claim is inside a running one. */
export function isInside(entry: ClaimEntry): boolean {
  let at = entry.holder.parent;
  while (at && at.running.size === 0) {
    at = at.parent;
  }
  return at !== null || outerOf(entry) !== null;
}

/** Whether no cell runs except those of a holder and of those around it. */
export function runsAlone(state: State, holder: HolderEntry): boolean {
  let running = 0;
  for (let at: HolderEntry | null = holder; at; at = at.parent) {
    running += at.running.size;
  }
  return running === state.running.size;
}

/** An amount that each tree counts once: the promise of a holder covers what is inside it. */
export type Ledger = {
  readonly promised: (holder: HolderEntry) => number;
  /** What it has, independent of its promise. */
  readonly resident: (holder: HolderEntry) => number;
  /** What it counts with itself, without those inside it. */
  readonly counted: (holder: HolderEntry) => number;
};

/** What the holders inside this one count with. */
function drawn(ledger: Ledger, holder: HolderEntry): number {
  let sum = 0;
  for (const child of holder.children) {
    sum += ledger.counted(child) + drawn(ledger, child);
  }
  return sum;
}

/** What a holder should count with itself: what it has, or what is left of its promise. */
export function countOf(ledger: Ledger, holder: HolderEntry, promised: number): number {
  return Math.max(ledger.resident(holder), promised - drawn(ledger, holder));
}

/** What a node's ledger would grow by, and whether some holder was promised all of it already. */
export type Growth = { readonly amount: number; readonly isCovered: boolean };

/** How much more would be counted if a holder were promised this much in total. */
export function growthOf(ledger: Ledger, holder: HolderEntry, promised: number): Growth {
  let amount = countOf(ledger, holder, promised) - ledger.counted(holder);
  let isCovered = false;
  for (let at = holder.parent; at; at = at.parent) {
    const inside = drawn(ledger, at) + amount;
    const own = ledger.promised(at);
    isCovered ||= inside <= own;
    amount += Math.max(ledger.resident(at), own - inside) - ledger.counted(at);
  }
  return { amount, isCovered };
}

/** CPUs that a running claim withholds from others, itself or through those inside it. */
function claimedCpus(entry: RunningEntry): number {
  return Math.max(blockingCpus(entry.phase.lease), innerCpus(entry));
}

function innerCpus(outer: RunningEntry): number {
  let sum = 0;
  for (const entry of outer.holder.running) {
    sum += outerOf(entry) === outer ? claimedCpus(entry) : 0;
  }
  return sum;
}

/** CPUs that a holder's leases withhold from others. */
export function promisedCpus({ held, running }: HolderEntry): number {
  let sum = held ? blockingCpus(held.lease) : 0;
  for (const entry of running) {
    sum += outerOf(entry) ? 0 : claimedCpus(entry);
  }
  return sum;
}

/** The ledger of promised CPUs: nobody has any without a promise. */
export const CPU_LEDGER: Ledger = {
  promised: promisedCpus,
  resident: () => 0,
  counted: holder => holder.committedCpus
};

/** Additional CPUs that would be promised if a claim had this many. */
export function growthOfCpus(entry: ClaimEntry, n: number): number {
  let more = n;
  for (let at = outerOf(entry); at; at = outerOf(at)) {
    const inner = innerCpus(at) + more;
    more = Math.max(blockingCpus(at.phase.lease), inner) - claimedCpus(at);
  }
  return growthOf(CPU_LEDGER, entry.holder, promisedCpus(entry.holder) + more).amount;
}
