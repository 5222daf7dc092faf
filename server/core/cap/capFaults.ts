import type { Counted, Counts } from './counts';
import type { Account, HolderEntry, WaitingEntry } from '../entries';
import { sumOf, treeBytes } from '../holder/treeSums';
import type { State } from '../state';
import { accountsOf, noCounts } from './account';
import { CELL_LEDGER, COUNTED, GPU_LEDGER, NAMED_CPU_LEDGER } from './counting';
import { changesBy, needsOf } from './needs';

/** What a tree of holders counts with, from its root down: the ledger is kept from the leaves up. */
const OF_TREE: { readonly [what in Counted]: (holder: HolderEntry) => number } = {
  kernels: holder => ownKernel(holder) + sumOf(holder.children, OF_TREE.kernels),
  cells: holder => Math.max(CELL_LEDGER.promised(holder), sumOf(holder.children, OF_TREE.cells)),
  memoryBytes: treeBytes,
  gpus: holder => Math.max(GPU_LEDGER.promised(holder), sumOf(holder.children, OF_TREE.gpus)),
  cpus: holder => Math.max(NAMED_CPU_LEDGER.promised(holder), sumOf(holder.children, OF_TREE.cpus))
};

function ownKernel({ holder }: HolderEntry): number {
  return holder.kind === 'kernel' ? 1 : 0;
}

/** What a holder counts with itself. */
function ownOf(holder: HolderEntry, what: Counted): number {
  return OF_TREE[what](holder) - sumOf(holder.children, OF_TREE[what]);
}

/** CAP1: what is counted against caps is what its holders have, and every holder is counted. */
export function capFaults(state: State): string[] {
  if (!state.accounts.isOn) {
    return [...state.holders.values()].some(it => it.accounts.length > 0)
      ? ['ledger: counted without caps']
      : [];
  }
  const sums = new Map<Account, Counts>();
  for (const account of state.accounts.byKey.values()) {
    sums.set(account, { ...noCounts(), kernels: account.launching.size });
  }
  const faults: string[] = [];
  for (const holder of state.holders.values()) {
    const expected = accountsOf(state.accounts, holder.user);
    const isEntered =
      expected.length === holder.accounts.length &&
      expected.every((it, index) => it === holder.accounts[index]);
    isEntered || faults.push(`books: the accounts of ${holder.holder.id}`);
    for (const account of holder.accounts) {
      const sum = sums.get(account);
      COUNTED.forEach(it => sum && (sum[it] += ownOf(holder, it)));
      const isThere = sum && account.holders.has(holder);
      isThere || faults.push(`books: ${holder.holder.id} is not in ${account.key}`);
    }
  }
  return [
    ...faults,
    ...[...sums].flatMap(([account, sum]) => accountFaults(state, account, sum)),
    ...state.queue.flatMap(needFaults)
  ];
}

/** CAP2: what a waiting claim is known to need is what it needs. */
function needFaults(entry: WaitingEntry): string[] {
  const [known, needed] = [needsOf(entry), changesBy(entry)];
  const isRight =
    known.length === needed.length &&
    known.every(({ account, what, amount }, index) => {
      const it = needed[index]!;
      return account === it.account && what === it.what && amount === it.amount;
    });
  return isRight ? [] : [`CAP2: the needs of ${entry.claim.id} were not computed again`];
}

function accountFaults(state: State, account: Account, sum: Counts): string[] {
  const running = sumOf(account.holders, it => it.running.size);
  const isEven =
    running === account.running.size && [...account.running].every(it => state.running.has(it));
  const waiting = sumOf(account.holders, it => it.waiting.size);
  const isQueued =
    waiting === account.waiting.size && [...account.waiting].every(it => state.queue.includes(it));
  return [
    ...COUNTED.filter(it => Math.abs(sum[it] - account.used[it]) >= 1e-3 + sum[it] * 1e-12).map(
      it => `ledger: ${account.used[it]} ${it} of ${account.key}, not ${sum[it]}`
    ),
    ...(isEven ? [] : [`books: ${account.running.size} cells of ${account.key} run`]),
    ...(isQueued ? [] : [`books: ${account.waiting.size} claims of ${account.key} wait`])
  ];
}
