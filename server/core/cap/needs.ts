import type { Change, ClaimEntry, HolderEntry, Lease } from '../entries';
import { MEMORY_LEDGER, promisedBytes } from '../holder/leases';
import { growthByClaim, growthOf } from '../holder/trees';
import { neededBytes } from '../learn/expected';
import { exclusiveCount } from '../cpu/cpuCounts';
import { CELL_LEDGER, GPU_LEDGER, leftOf, NAMED_CPU_LEDGER } from './counting';

/** What is capped and a claim may need. */
const NEEDED = ['cells', 'memoryBytes', 'gpus', 'cpus'] as const;

/** CPUs that a claim names. */
export function namedCpus({ claim: { ask } }: ClaimEntry): number {
  return ask.exclusive || ask.cpus.kind !== 'auto' ? exclusiveCount(ask) : 0;
}

const GROWTH: {
  readonly [what in (typeof NEEDED)[number]]: (
    entry: ClaimEntry,
    counts: (holder: HolderEntry) => boolean
  ) => number;
} = {
  cells: (entry, counts) => growthByClaim(CELL_LEDGER, entry, 1, counts),
  memoryBytes: (entry, counts) => {
    const { holder } = entry;
    const needed = neededBytes(entry);
    const promised = Math.max(promisedBytes(holder), needed ?? 0);
    return needed === null ? 0 : growthOf(MEMORY_LEDGER, holder, promised, counts).amount;
  },
  gpus: ({ holder, claim: { ask } }, counts) => {
    const promised = Math.max(GPU_LEDGER.promised(holder), ask.gpus);
    return ask.gpus === 0 ? 0 : growthOf(GPU_LEDGER, holder, promised, counts).amount;
  },
  cpus: (entry, counts) => {
    const n = namedCpus(entry);
    return n === 0 ? 0 : growthByClaim(NAMED_CPU_LEDGER, entry, n, counts);
  }
};

/**
 * What more a claim would count with if it ran, where that is capped: nothing for what encloses it has (ADM10).
 *
 * #### Notes
 * Computed again only when its holder was counted again, so that a long queue below one cap costs
 * others little. Those inside other holders depend on more than their own, and are computed each time.
 */
export function needsOf(entry: ClaimEntry): readonly Change[] {
  const { accounts, recounts, parent } = entry.holder;
  if (parent || accounts.length === 0) {
    return changesBy(entry);
  }
  const { needs } = entry;
  if (needs?.accounts === accounts && needs.recounts === recounts) {
    return needs.changes;
  }
  const changes = changesBy(entry);
  entry.needs = { accounts, recounts, changes };
  return changes;
}

/** The same, computed now. */
export function changesBy(entry: ClaimEntry): readonly Change[] {
  return entry.holder.accounts.flatMap(account =>
    NEEDED.flatMap(what => {
      const amount =
        account.most[what] === Infinity
          ? 0
          : GROWTH[what](entry, holder => holder.accounts.includes(account));
      return amount > 0 ? [{ account, what, amount }] : [];
    })
  );
}

/** The first of its needs for which too little is left below its cap; null if all fit. */
export function exceeding(entry: ClaimEntry): Change | null {
  return entry.holder.accounts.length === 0
    ? null
    : (needsOf(entry).find(({ account, what, amount }) => amount > leftOf(account, what)) ?? null);
}

/** Whether a lease that a claim did not ask for would exceed a cap; the cell runs, so it is not counted itself. */
export function exceedsCaps(entry: ClaimEntry, lease: Lease): boolean {
  const { holder } = entry;
  const memoryBytes = Math.max(promisedBytes(holder), lease.memoryBytes ?? 0);
  const gpus = Math.max(GPU_LEDGER.promised(holder), lease.gpus.length);
  return holder.accounts.some(account => {
    const counts = (it: HolderEntry) => it.accounts.includes(account);
    const growths = {
      memoryBytes: growthOf(MEMORY_LEDGER, holder, memoryBytes, counts).amount,
      gpus: growthOf(GPU_LEDGER, holder, gpus, counts).amount,
      cpus: growthByClaim(NAMED_CPU_LEDGER, entry, lease.promisedCpus, counts)
    };
    const isAbove = (what: keyof typeof growths) =>
      growths[what] > 0 && growths[what] > leftOf(account, what);
    return isAbove('memoryBytes') || isAbove('gpus') || isAbove('cpus');
  });
}

/** What the end of a claim, or of a lease that is kept, takes from the accounts of its holder. */
export function freedBy(
  { accounts, counts }: HolderEntry,
  lease: Lease,
  memoryBytes: number,
  isRunning: boolean
): readonly Change[] {
  const amounts = {
    cells: isRunning ? Math.min(1, counts.cells) : 0,
    memoryBytes,
    gpus: Math.min(lease.gpus.length, counts.gpus),
    cpus: Math.min(lease.promisedCpus, counts.cpus)
  };
  return accounts.flatMap(account =>
    NEEDED.map(what => ({ account, what, amount: amounts[what] }))
  );
}

/** Whether two claims need the same of one cap, so that one can take it from the other. */
export function sharesCap(a: ClaimEntry, b: ClaimEntry): boolean {
  const { accounts } = b.holder;
  if (!a.holder.accounts.some(it => accounts.includes(it))) {
    return false;
  }
  const needs = needsOf(b);
  return needsOf(a).some(one =>
    needs.some(it => it.account === one.account && it.what === one.what)
  );
}

/** CPUs that a holder's claims may still name; Infinity without a cap. */
export function cpusLeft(holder: HolderEntry): number {
  return Math.min(Infinity, ...holder.accounts.map(it => leftOf(it, 'cpus')));
}
