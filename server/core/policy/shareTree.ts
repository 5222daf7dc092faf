import { Consumer, WaterTree } from '../../lib/waterTree';
import { createUseRecord, type UseRecord } from './fairness';
import { entitle, plainGroup, type Group, type Sharing } from './groups';
import { createSeniorities, joinSeniority, leaveSeniority, type Seniorities } from './seniority';

/** A node of the tree of groups and users: root, groups, members of a group, users. */
export type ShareNode = {
  readonly kind: 'group' | 'members' | 'user';
  readonly name: string;
  readonly parent: ShareNode | null;
  readonly depth: number;
  /** The settings of the group that it is, or belongs to. */
  readonly group: Group;
  readonly children: Map<string, ShareNode>;
  /** The demand of those below it. */
  readonly water: WaterTree;
  /** Its demand on its parent; in the parent's water level while that is above zero. */
  readonly consumer: Consumer;
  /** Weight among its siblings: entitled CPUs for groups, a plain number for users. */
  weight: number;
  /** The weight that the configuration sets for a user; 1 for all else. */
  ownWeight: number;
  /** Entitled CPUs (FAIR1); meaningless for users. */
  owedCpus: number;
  /** The most it may use: its entitlement, if it takes no surplus (FAIR2). */
  capCpus: number;
  readonly use: UseRecord;
  /** Holders of a user that are alive. */
  holders: number;
  /** Running cells below it. */
  running: number;
  /** The ages of those right below it (CPU7). */
  seniorities: Seniorities;
};

/** One running cell in the tree. */
export type Leaf = {
  readonly user: ShareNode;
  readonly consumer: Consumer;
  /** Its age among the cells of its user (CPU7, policy/seniority.ts). */
  seniority: number;
  attained: number;
};

/** The tree of groups, users and running cells (CPU3, FAIR1 to FAIR3). */
export type ShareTree = {
  readonly root: ShareNode;
  readonly sharing: Sharing;
  /** Users whose group the configuration names. */
  readonly membership: ReadonlyMap<string, ShareNode>;
  /** Groups that name notebooks, in the order of lookup. */
  readonly byNotebook: readonly { readonly group: Group; readonly members: ShareNode }[];
  /** CPUs that are shared now. */
  capacity: number;
  /** Where quotas were scaled down: group names from the root, and by how much. */
  readonly overcommitted: { readonly path: string; readonly scale: number }[];
  serial: number;
  /** The user with most running cells: weights are relative to its level. */
  busiest: ShareNode | null;
};

/** Demands below this count as zero. */
const NOTHING = 1e-9;

/** A tree without users. Entitlements refer to `cpus`, all of the node's. */
export function createShareTree(sharing: Sharing, cpus: number, atMs: number): ShareTree {
  const group: Group = { ...plainGroup(''), ...sharing };
  const tree: GrowingTree = {
    root: null,
    sharing,
    membership: new Map(),
    byNotebook: [],
    capacity: cpus,
    overcommitted: [],
    serial: 0,
    busiest: null
  };
  const root = createNode(tree, null, 'group', group, atMs);
  root.owedCpus = Math.max(cpus, 1);
  tree.root = root;
  growGroups(tree, root, atMs);
  return tree as ShareTree;
}

type GrowingTree = Omit<ShareTree, 'root'> & {
  root: ShareNode | null;
  readonly membership: Map<string, ShareNode>;
  readonly byNotebook: { readonly group: Group; readonly members: ShareNode }[];
};

/** A node with nothing below it, which its parent does not know yet. */
export function createNode(
  tree: { serial: number },
  parent: ShareNode | null,
  kind: ShareNode['kind'],
  group: Group,
  atMs: number,
  name = group.name
): ShareNode {
  tree.serial += 1;
  return {
    kind,
    name,
    parent,
    depth: parent ? parent.depth + 1 : 0,
    group,
    children: new Map(),
    water: new WaterTree(),
    consumer: new Consumer(0, 1, tree.serial),
    weight: 1,
    ownWeight: 1,
    owedCpus: 0,
    capCpus: Infinity,
    use: createUseRecord(atMs),
    holders: 0,
    running: 0,
    seniorities: createSeniorities()
  };
}

/** The name of the node that holds a group's own users; no group can have it. */
export const MEMBERS = '';

function growGroups(tree: GrowingTree, parent: ShareNode, atMs: number): void {
  const members = createNode(tree, parent, 'members', parent.group, atMs, MEMBERS);
  const groups = parent.group.groups.map(it => createNode(tree, parent, 'group', it, atMs));
  const owed = entitle(parent.owedCpus, [{ quota: null, weight: 1 }, ...parent.group.groups]);
  if (owed.scale < 1) {
    tree.overcommitted.push({ path: pathOf(parent), scale: owed.scale });
  }
  [members, ...groups].forEach((node, index) => {
    node.weight = node.owedCpus = owed.cpus[index]!;
    node.capCpus = node.kind === 'group' && !node.group.acceptSurplus ? node.owedCpus : Infinity;
    parent.children.set(node.name, node);
  });
  Object.keys(parent.group.users).forEach(user => tree.membership.set(user, members));
  groups.forEach(node => growGroups(tree, node, atMs));
  // After those below it: the inner group counts first.
  parent.group.notebooks.length && tree.byNotebook.push({ group: parent.group, members });
}

/** A group's name from the root: `atlas/prod`; `all` for the root itself. */
export function pathOf(node: ShareNode): string {
  const names: string[] = [];
  for (let at: ShareNode | null = node; at; at = at.parent) {
    at.name !== MEMBERS && names.unshift(at.name);
  }
  return names.join('/') || 'all';
}

/** Update a node's demand from those below it, up to the root. */
function settle(node: ShareNode): void {
  for (let at: ShareNode | null = node; at?.parent; at = at.parent) {
    const { consumer, parent } = at;
    const demand = Math.min(at.capCpus, at.water.demand);
    if (demand === consumer.demand && at.weight === consumer.weight) {
      return;
    }
    if (consumer.demand > NOTHING) {
      parent.water.delete(consumer);
    }
    setConsumer(consumer, demand > NOTHING ? demand : 0, at.weight);
    if (consumer.demand > NOTHING) {
      parent.water.add(consumer);
    }
  }
}

function setConsumer(consumer: Consumer, demand: number, weight: number): void {
  consumer.demand = demand;
  consumer.weight = weight;
  consumer.ratio = demand / weight;
}

/** A cell starts: it wants up to `demand` CPUs. */
export function addLeaf(tree: ShareTree, user: ShareNode, demand: number): Leaf {
  tree.serial += 1;
  const consumer = new Consumer(Math.max(demand, NOTHING), 1, tree.serial);
  const leaf = { user, consumer, seniority: 1, attained: 0 };
  user.water.add(leaf.consumer);
  for (let at: ShareNode | null = user; at; at = at.parent) {
    at.running += 1;
  }
  joinSeniority(leaf);
  settle(user);
  if (!tree.busiest || user.running > tree.busiest.running) {
    tree.busiest = user;
  }
  return leaf;
}

/** A cell ended. */
export function removeLeaf(leaf: Leaf): void {
  leaf.user.water.delete(leaf.consumer);
  for (let at: ShareNode | null = leaf.user; at; at = at.parent) {
    at.running -= 1;
  }
  leaveSeniority(leaf);
  settle(leaf.user);
}

/** A cell's demand changed. */
export function changeDemand(leaf: Leaf, demand: number): void {
  leaf.user.water.change(leaf.consumer, Math.max(demand, NOTHING), 1);
  settle(leaf.user);
}

/** A user's weight among its peers changes. */
export function changeWeight(node: ShareNode, weight: number): void {
  node.weight = weight;
  settle(node);
}

/** The level of the water in a node: CPUs per weight of those below it. */
export function levelIn(tree: ShareTree, node: ShareNode): number {
  const capacity = node.parent
    ? Math.min(node.capCpus, node.weight * levelIn(tree, node.parent))
    : Math.min(tree.capacity, node.capCpus);
  return node.water.level(capacity);
}

/** CPUs that a cell could have if it wanted them, at the others' present demand. */
export function reachOf(tree: ShareTree, leaf: Leaf): number {
  return leaf.consumer.weight * levelIn(tree, leaf.user);
}

/** CPU3: a cell's share, hierarchical weighted max-min. */
export function shareOf(tree: ShareTree, leaf: Leaf): number {
  return Math.min(leaf.consumer.demand, reachOf(tree, leaf));
}

/** CPUs that all running cells want together, caps applied. */
export function demandOf({ root }: ShareTree): number {
  return Math.min(root.capCpus, root.water.demand);
}

/** Find the busiest user again; walks over all users. */
export function findBusiest(tree: ShareTree): void {
  let best: ShareNode | null = null;
  const visit = (node: ShareNode): void => {
    if (node.kind === 'user' && node.running > (best?.running ?? 0)) {
      best = node;
    }
    node.running > 0 && node.children.forEach(visit);
  };
  visit(tree.root);
  tree.busiest = best;
}
