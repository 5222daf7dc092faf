import { cpuSetOf, isSameSet } from '../protocol/cpuset';
import { bookFaults, isKnown, queueFaults } from './bookFaults';
import { capFaults } from './cap/capFaults';
import { leasesOf } from './holder/leases';
import { keptInPool } from './cpu/cpuPool';
import { blockingCpus } from './cpu/cpuCounts';
import type { Allocation, HolderEntry, Lease } from './entries';
import { reachOf, shareOf, type ShareNode } from './policy/shareTree';
import type { State } from './state';
import {
  isRelated,
  mayBeSideBySide,
  promisedOf,
  rootsOf,
  sumOf,
  treeBytes,
  treeCpus
} from './holder/treeSums';

/**
 * What must hold after each step: each sentence names a rule that is violated.
 * Empty means that all hold.
 *
 * #### Notes
 * Recounts every ledger from scratch, so it walks over everything: for
 * tests and fault reports, not for each step of a running sidecar.
 */
export function checkInvariants(state: State): string[] {
  return [
    ...seatFaults(state),
    ...setFaults(state),
    ...maskFaults(state),
    ...shareFaults(state),
    ...gpuFaults(state),
    ...memoryFaults(state),
    ...capFaults(state),
    ...bookFaults(state),
    ...queueFaults(state),
    ...standingFaults(state)
  ];
}

function seatsOf(state: State): Allocation[] {
  const leases = [...state.holders.values()].flatMap(holder => leasesOf(holder));
  const masks = Array.from(state.masked, entry => entry.phase.mask);
  return [...leases.map(lease => lease.allocation), ...masks].filter(
    allocation => allocation !== null
  );
}

/** GATE6, ADMIN2: a holder that may start at once is alone, and the node is not drained. */
function standingFaults({ standing, running, keeping, drain }: State): string[] {
  const isAlone = !standing || (!drain && !keeping.size && running.size === standing.running.size);
  return isAlone ? [] : [`GATE6: ${standing.holder.id} is not alone, or the node is drained`];
}

/** P1, CPU6, and the ledger of CPUs. */
function seatFaults(state: State): string[] {
  const { pool } = state;
  const faults: string[] = [];
  const allocations = seatsOf(state);
  let exclusive = 0;
  const related = (a: Allocation, b: Allocation) =>
    isRelated(a.holder, b.holder) || (a.isShared === true && b.isShared === true);
  for (const slot of pool.slots) {
    const here = allocations.filter(allocation => allocation.cpus.includes(slot.cpu.id));
    const alone = here.filter(allocation => allocation.kind === 'exclusive');
    exclusive += alone.length > 0 ? 1 : 0;
    const isOneTree = here.every(a => here.every(b => related(a, b)));
    if (alone.length > 0 && !isOneTree) {
      faults.push(`P1: exclusive CPU ${slot.cpu.id} has ${here.length} allocations`);
    }
    if (alone.length > 0 !== slot.exclusive || here.length !== slot.allocations.size) {
      faults.push(
        `ledger: CPU ${slot.cpu.id} has ${here.length} allocations, not ${slot.allocations.size}`
      );
    }
    const load = here.reduce((sum, allocation) => sum + allocation.each, 0);
    Math.abs(load - slot.load) > 1e-6 && faults.push(`ledger: load of CPU ${slot.cpu.id}`);
  }
  const total = pool.slots.length;
  if (exclusive > Math.max(0, total - keptInPool(total))) {
    faults.push(`CPU6: ${exclusive} exclusive CPUs leave the pool less than a quarter`);
  }
  exclusive === pool.exclusive || faults.push(`ledger: ${pool.exclusive} exclusive CPUs`);
  const leases = [...state.holders.values()].flatMap(holder => leasesOf(holder));
  const yielding = leases.reduce((sum, it) => sum + it.promisedCpus - blockingCpus(it), 0);
  const promised = rootsOf(state).reduce((sum, root) => sum + treeCpus(root), 0);
  yielding === pool.yielding || faults.push(`ledger: ${pool.yielding} CPUs yielding`);
  state.insisting.size > 0 || yielding === 0 || faults.push('ADM7: yields to nobody');
  promised === pool.promised || faults.push(`ledger: ${pool.promised} CPUs promised`);
  return faults;
}

/** CPU sets are compared by element, so each must be ascending; the shared one must be current. */
function setFaults(state: State): string[] {
  const { slots, shared } = state.pool;
  const open = slots.filter(slot => !slot.exclusive).map(slot => slot.cpu.id);
  const held = Array.from(state.holders.values(), it => it.confined.cpus ?? []);
  const sets = [...seatsOf(state).map(it => it.cpus), ...held];
  return [
    ...(shared === null || isSameSet(shared, open) ? [] : ['ledger: CPUs that are shared']),
    ...sets.flatMap(it => (isSameSet(it, cpuSetOf(it)) ? [] : [`${it.join()} is no set of CPUs`]))
  ];
}

/** CPU2, P2: fixed asks have what they asked for, masks are as ordered, and no CPU is left out. */
function maskFaults(state: State): string[] {
  const { pool, running } = state;
  const faults: string[] = [];
  const covered = new Set<number>();
  for (const entry of running) {
    const { phase, claim } = entry;
    const allocation = phase.lease.allocation ?? phase.mask;
    allocation
      ? allocation.cpus.forEach(id => covered.add(id))
      : pool.slots.forEach(it => covered.add(it.cpu.id));
    const size = Math.min(phase.lease.promisedCpus, pool.slots.length - pool.exclusive);
    if (phase.lease.allocation?.kind === 'pinned' && phase.lease.allocation.cpus.length < size) {
      faults.push(
        `CPU2: ${claim.id} is pinned to ${phase.lease.allocation.cpus.length} of ${size}`
      );
    }
  }
  for (const entry of state.masked) {
    const isWide = (entry.phase.mask?.cpus.length ?? 0) > 1;
    isWide === state.wide.has(entry) || faults.push(`books: mask of ${entry.claim.id}`);
  }
  const hasFree = [...running].some(({ phase }) => !phase.lease.allocation);
  if (state.policy === 'dynamic' && hasFree && state.masked.size > 0 && !pool.unbalanced) {
    const bare = pool.slots.filter(slot => !slot.exclusive && !covered.has(slot.cpu.id));
    bare.length && faults.push(`P2: nobody may use ${bare.length} CPUs`);
  }
  return faults;
}

/** P5, P7, and the sums of the tree of shares. */
function shareFaults(state: State): string[] {
  const { shares } = state;
  const faults: string[] = [];
  const demands = new Map<ShareNode, number>();
  let shared = 0;
  for (const entry of state.running) {
    const { leaf } = entry.phase;
    if (leaf) {
      const share = shareOf(shares, leaf);
      shared += share;
      share > 0 || faults.push(`P5: ${entry.claim.id} has no share`);
      reachOf(shares, leaf) >= share || faults.push(`share of ${entry.claim.id} beyond its reach`);
      leaf.user === entry.holder.user || faults.push(`books: ${entry.claim.id} in another's share`);
      demands.set(leaf.user, (demands.get(leaf.user) ?? 0) + leaf.consumer.demand);
    }
  }
  shared <= shares.capacity + 1e-6 || faults.push(`shares: ${shared} of ${shares.capacity} CPUs`);
  const visit = (node: ShareNode): number => {
    const below =
      node.kind === 'user'
        ? (demands.get(node) ?? 0)
        : [...node.children.values()].reduce((sum, child) => sum + visit(child), 0);
    const wanted = Math.min(node.capCpus, below);
    if (node.parent && Math.abs(wanted - node.consumer.demand) > 1e-6) {
      faults.push(`P7: ${node.kind} "${node.name}" wants ${node.consumer.demand}, not ${wanted}`);
    }
    return wanted;
  };
  visit(shares.root);
  return faults;
}

/** P8: one compute lease per GPU, and only of its own. */
function gpuFaults(state: State): string[] {
  const faults: string[] = gpuMemoryFaults(state);
  for (const [uuid, leases] of state.gpuLeases) {
    const isFitting = [...leases].every(a => [...leases].every(b => mayBeSideBySide(a, b)));
    isFitting || faults.push(`P8: ${uuid} has ${new Set(leases.values()).size} holders`);
  }
  const bound = [...state.holders.values()].flatMap(holder => holder.boundGpus);
  for (const [uuid, n] of state.gpuBound) {
    n === bound.filter(it => it === uuid).length ||
      faults.push(`ledger: ${n} are bound to ${uuid}`);
  }
  for (const holder of state.holders.values()) {
    for (const uuid of leasesOf(holder).flatMap(lease => lease.gpus)) {
      state.gpuLeases.has(uuid) || faults.push(`ledger: ${uuid} is leased and not entered`);
      holder.boundGpus.includes(uuid) || faults.push(`P8: ${uuid} is not bound to its holder`);
    }
    const isFenced = holder.holder.gated && state.node?.tier.enforced.includes('gpus');
    const open = isFenced ? holder.boundGpus.join() : undefined;
    holder.confined.gpus?.join() === open || faults.push(`ENF7: what ${holder.holder.id} may open`);
  }
  return faults;
}

/** GPU1: what is promised of a memory fits into it, and does not coexist with a lease of all of it. */
function gpuMemoryFaults({ node, gpuLeases }: State): string[] {
  const memories = new Map<string, { total: number; leases: [Lease, HolderEntry][] }>();
  for (const { uuid, slice, memoryBytes } of node?.gpus ?? []) {
    const name = slice ? `${slice.gpu}/${slice.gpuInstance}` : uuid;
    const memory = memories.get(name) ?? { total: memoryBytes, leases: [] };
    memory.leases.push(...(gpuLeases.get(uuid) ?? []));
    memories.set(name, memory);
  }
  return [...memories].flatMap(([name, { total, leases }]) => {
    const isShared = new Set(leases.map(([, holder]) => holder)).size > 1;
    const parts = leases.filter(([lease]) => lease.gpuMemoryBytes !== null);
    const whole = leases.filter(([lease]) => lease.gpuMemoryBytes === null);
    const isMixed = parts.some(a => whole.some(b => !mayBeSideBySide(a, b)));
    return isShared && (isMixed || promisedOf(leases) > total)
      ? [`GPU1: more is promised of ${name} than there is`]
      : [];
  });
}

/** The ledger of memory. That promises fit is P11: a test of grants, since residents grow by themselves. */
function memoryFaults(state: State): string[] {
  const faults: string[] = [];
  const committed = sumOf(rootsOf(state), treeBytes);
  for (const holder of state.holders.values()) {
    const own = treeBytes(holder) - sumOf(holder.children, treeBytes);
    Math.abs(own - holder.committedBytes) < 1 ||
      faults.push(`ledger: memory of ${holder.holder.id}`);
    const isInTree = holder.parent === null || holder.parent.children.has(holder);
    const isKnownTree = [...holder.children].every(
      it => it.parent === holder && isKnown(state, it)
    );
    (isInTree && isKnownTree) || faults.push(`books: the tree of ${holder.holder.id}`);
  }
  const isEven = Math.abs(committed - state.committedBytes) < 1;
  isEven || faults.push(`ledger: ${state.committedBytes} bytes committed, not ${committed}`);
  return faults;
}
