import { accountsOf, forgetIfEmpty, noCounts } from './account';
import type { Counted, Counts } from './counts';
import type { Account, HolderEntry } from '../entries';
import type { State } from '../state';
import { countOf, leaseLedger, type Ledger } from '../holder/trees';

/** The ledger of running cells: one that a cell runs inside itself counts within it. */
export const CELL_LEDGER = leaseLedger(
  () => 1,
  holder => holder.counts.cells,
  false
);

/** The ledger of CPUs that claims named, whether they block others or yield to them. */
export const NAMED_CPU_LEDGER = leaseLedger(
  lease => lease.promisedCpus,
  holder => holder.counts.cpus
);

/** The ledger of GPUs. */
export const GPU_LEDGER: Ledger = {
  promised: leasedGpus,
  resident: () => 0,
  counted: holder => holder.counts.gpus
};

function leasedGpus({ held, running }: HolderEntry): number {
  const gpus = new Set(held?.lease.gpus);
  for (const { phase } of running) {
    phase.lease.gpus.forEach(uuid => gpus.add(uuid));
  }
  return gpus.size;
}

/** Everything that is counted for caps. */
export const COUNTED: readonly Counted[] = ['kernels', 'cells', 'memoryBytes', 'gpus', 'cpus'];

/** What a holder counts with, less what those inside it do (CAP1). */
function countsOf(holder: HolderEntry): Counts {
  return {
    kernels: holder.holder.kind === 'kernel' ? 1 : 0,
    cells: countOf(CELL_LEDGER, holder, CELL_LEDGER.promised(holder)),
    memoryBytes: holder.committedBytes,
    gpus: countOf(GPU_LEDGER, holder, leasedGpus(holder)),
    cpus: countOf(NAMED_CPU_LEDGER, holder, NAMED_CPU_LEDGER.promised(holder))
  };
}

/** Count a holder again in its accounts, in which it is already. */
export function recountCaps(state: State, holder: HolderEntry): void {
  if (state.accounts.isOn) {
    holder.recounts += 1;
    changeCounts(holder, countsOf(holder));
  }
}

function changeCounts(holder: HolderEntry, counts: Counts): void {
  for (const { used } of holder.accounts) {
    COUNTED.forEach(it => (used[it] += counts[it] - holder.counts[it]));
  }
  holder.counts = counts;
}

/** A holder counts in the accounts of its user and its groups from now on; it is still to be recounted. */
export function enterAccounts(state: State, holder: HolderEntry): void {
  holder.counts = noCounts();
  holder.accounts = accountsOf(state.accounts, holder.user);
  for (const account of holder.accounts) {
    account.holders.add(holder);
    holder.running.forEach(entry => account.running.add(entry));
    holder.waiting.forEach(entry => account.waiting.add(entry));
  }
}

/** A holder is gone: it counts nowhere. */
export function leaveAccounts(state: State, holder: HolderEntry): void {
  changeCounts(holder, noCounts());
  for (const account of holder.accounts) {
    account.holders.delete(holder);
    forgetIfEmpty(state.accounts, account);
  }
  holder.accounts = [];
}

/** Whether a claim waits that counts where this holder does, and so may gain from what it returns. */
export function isAwaited({ accounts }: HolderEntry): boolean {
  return accounts.some(it => it.waiting.size > 0);
}

/** What is left of what an account may have; below zero if it has more, as after a reload. */
export function leftOf({ most, used }: Account, what: Counted): number {
  return most[what] - used[what];
}
