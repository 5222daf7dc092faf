import { promisedBytes } from './leases';
import type { HolderEntry, Lease } from '../entries';
import type { State } from '../state';
import { CPU_LEDGER, surrounds } from './trees';

/*
 * What trees of holders have, summed from their roots down: the ledgers are kept from the
 * leaves up, so that either checks the other.
 */

type Leasing = readonly [Lease, HolderEntry];

/** Whether two leases of a GPU may coexist: each of a part, or of one holder, or one inside the other (ADM10). */
export function mayBeSideBySide([a, holder]: Leasing, [b, other]: Leasing): boolean {
  return isRelated(holder, other) || (a.gpuMemoryBytes !== null && b.gpuMemoryBytes !== null);
}

/** What leases of parts promise in total: each tree once. */
export function promisedOf(leases: readonly Leasing[]): number {
  const holders = new Set(leases.map(([, holder]) => holder));
  const own = (holder: HolderEntry) =>
    leases.reduce((sum, [it, whose]) => sum + (whose === holder ? (it.gpuMemoryBytes ?? 0) : 0), 0);
  const treeOf = (holder: HolderEntry): number =>
    Math.max(own(holder), sumOf(holder.children, treeOf));
  const roots = new Set(Array.from(holders, rootOf));
  return sumOf(roots, treeOf);
}

/** A sum over items. */
export function sumOf<T>(items: Iterable<T>, amount: (item: T) => number): number {
  let sum = 0;
  for (const item of items) {
    sum += amount(item);
  }
  return sum;
}

/** Whether one of two holders is inside the other, or both are the same. */
export function isRelated(a: HolderEntry, b: HolderEntry): boolean {
  return surrounds(a, b) || surrounds(b, a);
}

function rootOf(holder: HolderEntry): HolderEntry {
  return holder.parent ? rootOf(holder.parent) : holder;
}

/** The holders that no other one started. */
export function rootsOf(state: State): HolderEntry[] {
  return [...state.holders.values()].filter(it => it.parent === null);
}

/** ADM10: what a tree withholds from others: its root's promise, or more if those inside have more. */
export function treeCpus(holder: HolderEntry): number {
  return Math.max(CPU_LEDGER.promised(holder), sumOf(holder.children, treeCpus));
}

/** ADM10: the memory that a tree counts with. */
export function treeBytes(holder: HolderEntry): number {
  const resident = holder.use?.memoryBytes ?? 0;
  return Math.max(promisedBytes(holder), resident + sumOf(holder.children, treeBytes));
}
