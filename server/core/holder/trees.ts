import { blockingCpus } from '../cpu/cpuCounts';
import type { ClaimEntry, HolderEntry, Lease, RunningEntry } from '../entries';
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

/**
 * How much more would be counted if a holder were promised this much in total, of those holders
 * around it, and itself, that `counts` accepts.
 */
export function growthOf(
  ledger: Ledger,
  holder: HolderEntry,
  promised: number,
  counts: (holder: HolderEntry) => boolean = () => true
): Growth {
  let all = countOf(ledger, holder, promised) - ledger.counted(holder);
  let amount = all;
  let isCovered = false;
  for (let at = holder.parent; at; at = at.parent) {
    const inside = drawn(ledger, at) + all;
    const own = ledger.promised(at);
    isCovered ||= inside <= own;
    const here = Math.max(ledger.resident(at), own - inside) - ledger.counted(at);
    all += here;
    amount += counts(at) ? here : 0;
  }
  return { amount, isCovered };
}

/** A ledger of what the leases of claims have, of which each running claim counts once with those inside it. */
export type LeaseLedger = Ledger & { readonly each: (lease: Lease) => number };

/** A ledger of what leases have; nobody has any without a lease. What is kept counts as well, or not. */
export function leaseLedger(
  each: (lease: Lease) => number,
  counted: Ledger['counted'],
  countsKept = true
): LeaseLedger {
  const promised = ({ held, running }: HolderEntry): number => {
    let sum = held && countsKept ? each(held.lease) : 0;
    for (const entry of running) {
      sum += outerOf(entry) ? 0 : claimedBy(entry, each);
    }
    return sum;
  };
  return { each, promised, counted, resident: () => 0 };
}

/** What a running claim has, itself or through those inside it. */
function claimedBy(entry: RunningEntry, each: LeaseLedger['each']): number {
  return Math.max(each(entry.phase.lease), claimedInside(entry, each));
}

function claimedInside(outer: RunningEntry, each: LeaseLedger['each']): number {
  let sum = 0;
  for (const entry of outer.holder.running) {
    sum += outerOf(entry) === outer ? claimedBy(entry, each) : 0;
  }
  return sum;
}

/** The ledger of promised CPUs: those that leases withhold from others. */
export const CPU_LEDGER = leaseLedger(blockingCpus, holder => holder.committedCpus);

/** How much more a ledger would count, of the holders that `counts` accepts, if a claim had this much. */
export function growthByClaim(
  ledger: LeaseLedger,
  entry: ClaimEntry,
  n: number,
  counts?: (holder: HolderEntry) => boolean
): number {
  let more = n;
  for (let at = outerOf(entry); at; at = outerOf(at)) {
    const inner = claimedInside(at, ledger.each) + more;
    more = Math.max(ledger.each(at.phase.lease), inner) - claimedBy(at, ledger.each);
  }
  const { holder } = entry;
  return growthOf(ledger, holder, ledger.promised(holder) + more, counts).amount;
}

/** Additional CPUs that would be promised if a claim had this many. */
export function growthOfCpus(entry: ClaimEntry, n: number): number {
  return growthByClaim(CPU_LEDGER, entry, n);
}
