import { predictedDemand } from './cpu/demand';
import { followCulling } from './cull/cull';
import type { Event, NodeFacts } from './events';
import { enterLease, leaveLease, leasesOf, markAllDirty, recount } from './holder/leases';
import { liftMask } from './cpu/masks';
import { createAccounts } from './cap/account';
import { sharingInForce } from './cap/capOrders';
import { enterAccounts } from './cap/counting';
import { moveLaunches } from './cap/launches';
import { capGroups } from './policy/capTree';
import { createCpuPool, lendableCpus } from './cpu/cpuPool';
import type { Allocation, HolderEntry } from './entries';
import { changeUse, createUseRecord } from './policy/fairness';
import { sharingProblems, type Sharing } from './policy/groups';
import { groupAt, memberOf, membersAt, userNode, userOf } from './policy/membership';
import {
  addLeaf,
  createShareTree,
  pathOf,
  removeLeaf,
  type ShareNode,
  type ShareTree
} from './policy/shareTree';
import { recallStanding } from './claim/standing';
import type { State } from './state';
import { attain } from './policy/seniority';

/** The node was read, at startup or again: all placements are entered again. */
export function onNodeFound(state: State, event: Extract<Event, { type: 'nodeFound' }>): void {
  state.foundReserveBytes = event.node.memoryReserveBytes;
  replace(state, event.node, state.configured);
}

/**
 * A new configuration (CFG1).
 *
 * #### Notes
 * No grant is lost. A configuration with problems changes nothing: its file's reader
 * has checked it, and reports where they are.
 */
export function onConfigured(state: State, event: Extract<Event, { type: 'configured' }>): void {
  if (sharingProblems(event.sharing).length === 0) {
    state.configuredReserveBytes = event.memoryReserveBytes ?? null;
    state.defaults = event.defaults ?? {};
    replace(state, state.node, event.sharing);
    followCulling(state, event.sharing);
    forgetAssignments(state);
  }
}

/** An administrator puts a holder into a group, or back (ADMIN5); an unknown one changes nothing. */
export function onGroupAssigned(
  state: State,
  { holderId, group }: Extract<Event, { type: 'groupAssigned' }>
): void {
  const entry = state.holders.get(holderId);
  if (entry && (group === null || groupAt(state.shares.root, group))) {
    assign(state, entry, group);
    userOf(state.shares, entry.holder, state.nowMs) === entry.user || regroup(state);
  }
}

/** Administrators have ordered caps (ADMIN7): no grant is lost, and what waits is considered again. */
export function onCapsOrdered(
  state: State,
  { orders }: Extract<Event, { type: 'capsOrdered' }>
): void {
  state.capOrders = orders;
  replace(state, state.node, state.configured);
}

/** A group that is gone does not get its holders back if it returns: the configuration says where they are. */
function forgetAssignments(state: State): void {
  for (const entry of state.holders.values()) {
    const { assignedGroup } = entry.holder;
    assignedGroup && !groupAt(state.shares.root, assignedGroup) && assign(state, entry, null);
  }
}

function assign(state: State, entry: HolderEntry, group: readonly string[] | null): void {
  entry.holder = { ...entry.holder, assignedGroup: group };
  state.messages.push({ type: 'assign', holderId: entry.holder.id, group });
}

/** A holder belongs to another group now (CFG3): its cells are redistributed, its grants stay. */
export function regroup(state: State): void {
  replace(state, state.node, state.configured);
}

/** The node with the effective reserve. */
function withReserve(state: State, node: NodeFacts): NodeFacts {
  const memoryReserveBytes = state.configuredReserveBytes ?? state.foundReserveBytes;
  return { ...node, memoryReserveBytes };
}

/** Take everything out, put another node or tree under it, and enter it again. */
function replace(state: State, node: NodeFacts | null, sharing: Sharing): void {
  recallStanding(state);
  const demands = new Map(
    Array.from(state.running, entry => [entry, entry.phase.leaf?.consumer.demand ?? null])
  );
  for (const entry of state.running) {
    liftMask(state, entry);
    entry.phase.leaf && removeLeaf(entry.phase.leaf);
  }
  for (const holder of state.holders.values()) {
    leasesOf(holder).forEach(lease => leaveLease(state, holder, lease));
    holder.committedCpus = 0;
  }
  const before = state.shares;
  state.node = node && withReserve(state, node);
  state.pool = { ...createCpuPool(node?.cpus ?? []), moved: true };
  const nodeCpus = node?.cpus.length ?? 0;
  state.configured = sharing;
  const inForce = sharingInForce(sharing, state.capOrders);
  state.shares = createShareTree(inForce, nodeCpus, state.nowMs);
  capGroups(state.shares.root, nodeCpus);
  state.accounts = createAccounts(state.shares.root, nodeCpus, state.capOrders);
  inheritUse(before, state.shares);
  state.holders.forEach(holder => moveHolder(state, holder));
  moveLaunches(state);
  for (const holder of state.holders.values()) {
    for (const lease of leasesOf(holder)) {
      lease.allocation && keepKnown(state, lease.allocation);
      enterLease(state, holder, lease);
    }
    recount(state, holder);
  }
  state.shares.capacity = state.pool.slots.length - state.pool.exclusive;
  for (const entry of state.running) {
    const isPlain =
      entry.phase.lease.allocation?.kind !== 'exclusive' && state.pool.slots.length > 0;
    const demand = demands.get(entry) ?? predictedDemand(state, entry);
    entry.phase.leaf = isPlain ? addLeaf(state.shares, entry.holder.user, demand) : null;
    entry.phase.leaf && attain(entry.phase.leaf, entry.phase.cpuSeconds);
    state.touched.add(entry);
  }
  state.mayAdmit = true;
  markAllDirty(state);
}

/** An allocation keeps those of its CPUs that the node still has, exclusive ones up to what may be lent. */
function keepKnown(state: State, allocation: Allocation): void {
  const known = allocation.cpus.filter(id => state.pool.byId.has(id));
  allocation.cpus =
    allocation.kind === 'exclusive' ? known.slice(0, lendableCpus(state.pool)) : known;
}

function moveHolder(state: State, holder: Parameters<typeof recount>[1]): void {
  changeUse(holder.user, state.nowMs, -holder.useRate);
  holder.useRate = 0;
  holder.user = userOf(state.shares, holder.holder, state.nowMs);
  holder.user.holders += 1;
  enterAccounts(state, holder);
}

/** A reload keeps the recent use of users and groups. */
function inheritUse(from: ShareTree, to: ShareTree): void {
  const known = new Map<string, ShareNode>();
  const visit = (node: ShareNode, then: (node: ShareNode) => void): void => {
    then(node);
    node.children.forEach(child => visit(child, then));
  };
  const keyOf = (node: ShareNode) => `${node.kind} ${pathOf(node)}`;
  visit(from.root, node => known.set(keyOf(node), node));
  visit(to.root, node => {
    const old = known.get(keyOf(node));
    old && Object.assign(node.use, { ...old.use, rate: 0 });
  });
  for (const old of known.values()) {
    if (old.kind === 'user' && (old.use.use > 0 || old.holders > 0)) {
      const { use } = successorOf(from, to, old);
      Object.assign(use, { ...createUseRecord(old.use.atMs), use: use.use + old.use.use });
    }
  }
}

/** Where a user's use is continued: by the user's name, or in the group that a notebook assigned. */
function successorOf(from: ShareTree, to: ShareTree, user: ShareNode): ShareNode {
  const { name, parent, use } = user;
  const path = pathNames(user);
  const isByName = path.length === 0 || from.membership.get(name) === parent;
  return isByName
    ? userNode(to, [name], [], use.atMs)
    : memberOf(to, membersAt(to.root, path), [name], use.atMs);
}

function pathNames(user: ShareNode): string[] {
  const names: string[] = [];
  for (let at = user.parent; at; at = at.parent) {
    at.name && names.unshift(at.name);
  }
  return names;
}
