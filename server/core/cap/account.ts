import type { Counts } from './counts';
import type { Account } from '../entries';
import type { NewKernel } from '../events';
import { cappedCpus, type Caps } from '../policy/bounds';
import { userCapsOf } from '../policy/capTree';
import { groupAt } from '../policy/membership';
import { pathOf, type ShareNode } from '../policy/shareTree';
import { isSameOwner, type CapOrder } from './capOrders';

/** A kernel that is being launched. */
export type Launch = {
  readonly kernel: NewKernel;
  accounts: readonly Account[];
  readonly sinceMs: number;
};

/** Nothing counted. */
export function noCounts(): Counts {
  return { kernels: 0, cells: 0, memoryBytes: 0, gpus: 0, cpus: 0 };
}

/** All accounts: the one place where caps and what is counted against them are kept. */
export type Accounts = {
  /** Whether anything is capped; if not, nothing is counted. */
  readonly isOn: boolean;
  readonly byKey: Map<string, Account>;
  readonly nodeCpus: number;
  /** What administrators have ordered, which the tree of groups has already (ADMIN7). */
  readonly orders: readonly CapOrder[];
};

/** The accounts of a tree of groups, before any holder is counted. */
export function createAccounts(
  root: ShareNode,
  nodeCpus: number,
  orders: readonly CapOrder[] = []
): Accounts {
  const accounts = { isOn: hasCaps(root), byKey: new Map(), nodeCpus, orders };
  for (const { of } of orders) {
    // What is ordered is shown, whether anybody counts or not.
    const at = groupAt(root, of.group === 'all' ? [] : of.group.split('/'));
    at && accountOf(accounts, at, of.user);
  }
  return accounts;
}

function hasCaps(node: ShareNode): boolean {
  const { caps, userCaps, capsOfUsers } = node.group;
  const ofUsers = [userCaps, ...(capsOfUsers?.values() ?? [])];
  return [caps, ...ofUsers].some(isCapping) || [...node.children.values()].some(hasCaps);
}

function isCapping(caps: Caps): boolean {
  return Object.values(caps).some(it => it !== null);
}

/** The accounts that what a user has counts in: its own and its groups', the innermost group's first. */
export function accountsOf(accounts: Accounts, user: ShareNode): readonly Account[] {
  const found: Account[] = [];
  for (let at: ShareNode | null = accounts.isOn ? user : null; at; at = at.parent) {
    if (at.kind !== 'group') {
      continue; // of a node that is no group, its group is the next one up
    }
    isCapping(userCapsOf(at.group, user.name)) && found.push(accountOf(accounts, at, user.name));
    isCapping(at.group.caps) && found.push(accountOf(accounts, at, null));
  }
  return found;
}

function accountOf(accounts: Accounts, at: ShareNode, user: string | null): Account {
  const group = pathOf(at);
  const key = user === null ? group : `${user} in ${group}`;
  const caps = user === null ? at.group.caps : userCapsOf(at.group, user);
  const owner = { group, user };
  const known = accounts.byKey.get(key);
  const account = known ?? {
    key,
    owner,
    order: accounts.orders.find(it => isSameOwner(it.of, owner)) ?? null,
    most: mostOf(caps, accounts.nodeCpus),
    used: noCounts(),
    lines: linesOf(key),
    holders: new Set(),
    running: new Set(),
    waiting: new Set(),
    launching: new Set()
  };
  known ?? accounts.byKey.set(key, account);
  return account;
}

function linesOf(key: string): Account['lines'] {
  const [cpus, memory, gpus, cells] = (['cpus', 'memory', 'gpus', 'cells'] as const).map(
    it => `${it} of ${key}`
  ) as [string, string, string, string];
  return { cpus, memory, gpus, cells };
}

function mostOf(caps: Caps, nodeCpus: number): Counts {
  const { kernels, cells, memoryBytes, gpus } = caps;
  return {
    kernels: kernels ?? Infinity,
    cells: cells ?? Infinity,
    memoryBytes: memoryBytes ?? Infinity,
    gpus: gpus ?? Infinity,
    cpus: cappedCpus(caps, nodeCpus)
  };
}

/** Forget an account that has nobody; one that an administrator has ordered stays. */
export function forgetIfEmpty(accounts: Accounts, account: Account): void {
  if (account.order === null && account.holders.size === 0 && account.launching.size === 0) {
    accounts.byKey.delete(account.key);
  }
}
