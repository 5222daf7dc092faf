import type { Effect } from '../core/effects';
import type { Event, NodeFacts } from '../core/events';
import { checkInvariants } from '../core/invariants';
import { promisedBytes } from '../core/holder/leases';
import { sumOf, treeBytes } from '../core/holder/treeSums';
import { isInside, surrounds } from '../core/holder/trees';
import { admissionOrder } from '../core/queue/order';
import { shareOf, type ShareNode } from '../core/policy/shareTree';
import { promisedIn } from '../core/learn/expected';
import { reserve } from '../core/queue/reserve';
import type { ClaimEntry, HolderEntry, WaitingEntry } from '../core/entries';
import type { State } from '../core/step';

/** What a property sees of one step. */
export type Seen = {
  readonly state: State;
  readonly event: Event;
  readonly effects: readonly Effect[];
};

/** A property of a run: given each step in turn, it tells what is wrong; empty is well. */
export type Property = (seen: Seen) => readonly string[];

/** A property that the invariants check: those of their sentences that name it. */
export function fromInvariants(...names: readonly string[]): Property {
  return ({ state }) =>
    checkInvariants(state).filter(fault => names.some(name => fault.startsWith(`${name}:`)));
}

/** P4: what is wanted is given, up to what there is. */
export const workConserving: Property = ({ state }) => {
  const { shares } = state;
  const given = [...state.running].reduce(
    (sum, { phase }) => sum + (phase.leaf ? shareOf(shares, phase.leaf) : 0),
    0
  );
  const { root, capacity } = shares;
  const could = Math.min(capacity, root.capCpus, root.water.demand);
  return Math.abs(given - could) < 1e-6 ? [] : [`${given} CPUs are given, ${could} could be`];
};

/** GPU7: nobody who asks for GPUs is granted one that does not answer, but for who brings a grant along. */
export const onlyAnswering: Property = ({ state, event, effects }) => {
  const brought = event.type === 'claimArrived' && event.granted ? event.claim.id : null;
  const asks = (claimId: string) => (state.claims.get(claimId)?.claim.ask.gpus ?? 0) > 0;
  return effects.flatMap(it =>
    it.type === 'grant' && it.claimId !== brought && asks(it.claimId)
      ? it.grant.gpus
          .filter(uuid => state.gpuUse.get(uuid)?.isLost)
          .map(uuid => `${it.claimId} was granted ${uuid}, which does not answer`)
      : []
  );
};

/** ADMIN2: while the node is drained, only claims inside running cells are granted, and those that run already. */
export const nothingNewWhileDrained: Property = ({ state, event, effects }) => {
  const runs = event.type === 'claimArrived' && event.granted ? event.claim.id : null;
  return effects.flatMap(it => {
    const entry = it.type === 'grant' ? state.claims.get(it.claimId) : undefined;
    return state.drain && entry && entry.claim.id !== runs && !isInside(entry)
      ? [`${entry.claim.id} was granted`]
      : [];
  });
};

/** P6: shares are those that the definition gives, found by trying. */
export const maxMin: Property = ({ state }) => {
  const expected = sharesByTrial(state);
  return [...state.running].flatMap(({ claim, phase }) => {
    if (!phase.leaf) {
      return [];
    }
    const share = shareOf(state.shares, phase.leaf);
    const should = expected.get(phase.leaf) ?? 0;
    return Math.abs(share - should) < 1e-3 ? [] : [`${claim.id} has ${share}, not ${should}`];
  });
};

type Cup = { readonly weight: number; readonly demand: number; pour(amount: number): void };

/** Hierarchical max-min by bisection, straight from the definition. */
function sharesByTrial(state: State): Map<object, number> {
  const shares = new Map<object, number>();
  const cupOf = (node: ShareNode): Cup => {
    const cups: Cup[] =
      node.kind === 'user'
        ? leavesOf(state, node).map(leaf => ({
            weight: 1,
            demand: leaf.consumer.demand,
            pour: amount => void shares.set(leaf, amount)
          }))
        : [...node.children.values()].map(cupOf);
    const wanted = cups.reduce((sum, cup) => sum + cup.demand, 0);
    return {
      weight: node.weight,
      demand: Math.min(node.capCpus, wanted),
      pour: amount => pourByTrial(cups, amount)
    };
  };
  const root = cupOf(state.shares.root);
  root.pour(Math.min(state.shares.capacity, root.demand));
  return shares;
}

function leavesOf(state: State, user: ShareNode) {
  return [...state.running]
    .map(entry => entry.phase.leaf)
    .filter(leaf => leaf !== null)
    .filter(leaf => leaf.user === user);
}

function pourByTrial(cups: readonly Cup[], amount: number): void {
  let [low, high] = [0, 1e7];
  for (let round = 0; round < 100; round += 1) {
    const level = (low + high) / 2;
    const used = cups.reduce((sum, cup) => sum + Math.min(cup.demand, cup.weight * level), 0);
    used > amount ? (high = level) : (low = level);
  }
  cups.forEach(cup => cup.pour(Math.min(cup.demand, cup.weight * low)));
}

/** P7: a group that takes no surplus stays within its quota, as the configuration says it. */
export const withinQuota: Property = ({ state }) => {
  const faults: string[] = [];
  const total = Math.max(1, state.pool.slots.length);
  const visit = (node: ShareNode, owed: number): number => {
    let used = 0;
    for (const child of node.children.values()) {
      const { quota, acceptSurplus } = child.group;
      const isGroup = child.kind === 'group';
      const own = quota?.kind === 'static' ? quota.cpus : (quota?.of ?? 1) * owed;
      const here = child.kind === 'user' ? useOf(state, child) : visit(child, Math.min(own, owed));
      if (isGroup && !acceptSurplus && here > own + 1e-6) {
        faults.push(`group ${child.name} has ${here} CPUs of its quota of ${own}`);
      }
      used += here;
    }
    return used;
  };
  visit(state.shares.root, total);
  return faults;
};

function useOf(state: State, user: ShareNode): number {
  return leavesOf(state, user).reduce((sum, leaf) => sum + shareOf(state.shares, leaf), 0);
}

/**
 * P9: an arrival never puts off the head of a queue, unless it goes before it
 * (ADM6), or is inside of a running cell, which does not end before it (ADM10).
 * Reservations are worked out anew after each step, so that only the
 * arrival itself lies between two. A fixed ask never waits for CPUs (CPU1), so
 * it may too, and so may one that was granted before a restart (ENF4).
 */
export function headNeverPutOff(): Property {
  let known = new Map<string, number>();
  let atMs = 0;
  return ({ state, event, effects }) => {
    const faults: string[] = [];
    const heads = new Map<string, number>();
    const hasFixed = effects.some(
      it => it.type === 'grant' && state.claims.get(it.claimId)?.claim.ask.cpus.kind === 'fixed'
    );
    const isAsking = event.type === 'claimArrived' && event.granted === null;
    const arrived = isAsking ? state.claims.get(event.claim.id) : undefined;
    const mayWait = arrived !== undefined && !isInside(arrived);
    const order = admissionOrder(state.nowMs);
    for (const entry of state.queue) {
      const { id } = entry.claim;
      const startMs = entry.phase.reservation ? reserve(state, entry).atMs : null;
      const before = known.get(id);
      startMs !== null && heads.set(id, startMs);
      const isLater = mayWait && order(arrived as WaitingEntry, entry) > 0;
      const isSameTime = isLater && atMs === state.nowMs && !hasFixed;
      if (isSameTime && startMs !== null && before !== undefined && startMs > before) {
        faults.push(`${id} was put off from ${before} to ${startMs}`);
      }
    }
    [known, atMs] = [heads, state.nowMs];
    return faults;
  };
}

/**
 * P11: a claim that asks for memory is granted only where all that is promised
 * fits beside what others hold (ADM14), but for the one that is let through when
 * nothing else runs but the cells around it (ADM10): what is granted after it in the
 * same step does not run yet.
 * Others are in its way all the same. One that takes over what its kernel kept is
 * promised nothing new (ADM9), nor is one that fits into what a cell around it was (ADM10).
 */
export const promisesFit: Property = ({ state, effects }) =>
  effects.flatMap((effect, index) => {
    if (effect.type !== 'grant' || !state.node) {
      return [];
    }
    const entry = state.claims.get(effect.claimId);
    const isNew = entry && !isCovered(entry.holder) && !isFromKept(entry);
    const lease = entry?.phase.state === 'running' ? entry.phase.lease : null;
    const asks = lease !== null && promisedIn(lease) !== null && isNew;
    const room = roomBesideOthers(state, state.node);
    const isTooMuch = (entry?.claim.ask.memoryBytes ?? 0) > room && !entry?.holder.parent;
    const later = effects.slice(index + 1).map(it => (it.type === 'grant' ? it.claimId : null));
    const others = [...state.running].filter(
      it => !(entry && surrounds(it.holder, entry.holder)) && !later.includes(it.claim.id)
    ).length;
    return asks && (isTooMuch || (others > 0 && state.committedBytes > room))
      ? [`${effect.claimId} was granted memory beyond ${room}`]
      : [];
  });

function isFromKept({ story }: ClaimEntry): boolean {
  return story.some(({ fact }) => fact.kind === 'grantedFromKept');
}

/** ADM10: whether some holder around this one was promised what all inside of it have. */
function isCovered({ parent }: HolderEntry): boolean {
  return (
    parent !== null &&
    (sumOf(parent.children, treeBytes) <= promisedBytes(parent) || isCovered(parent))
  );
}

/** What may be promised: what neither the reserve takes up nor, beyond that, others. */
function roomBesideOthers({ others }: State, node: NodeFacts): number {
  const { memoryBytes, memoryReserveBytes } = node;
  const left = others ? others.totalBytes - others.bytes : Infinity;
  return Math.max(0, Math.min(memoryBytes - memoryReserveBytes, left, memoryBytes));
}

/** P13: with its holders gone nothing is held. */
export const emptyIsFree: Property = ({ state }) => {
  if (state.holders.size > 0) {
    return [];
  }
  const { pool } = state;
  const held = [
    pool.promised !== 0 && 'CPUs are promised',
    pool.slots.some(slot => slot.allocations.size > 0) && 'allocations are taken',
    state.gpuLeases.size > 0 && 'GPUs are leased',
    Math.abs(state.committedBytes) > 1 && 'memory is committed',
    state.shares.root.water.demand > 1e-6 && 'CPUs are wanted',
    state.shares.root.running !== 0 && 'cells run'
  ];
  return held.filter(it => it !== false);
};

/** HOLD1: the end of a holder ends its own claims, and no cell of another that runs. */
export function endTouchesNoOther(): Property {
  let known = new Map<string, string>();
  return ({ state, event }) => {
    const before = known;
    const runs = Array.from(state.running, ({ claim }) => [claim.id, claim.holderId] as const);
    known = new Map(runs);
    if (event.type !== 'holderGone' || state.holders.size === 0) {
      return []; // of all that leave at the end of a run, only the last is seen
    }
    const left = [...before].filter(
      ([id, holderId]) => known.has(id) === (holderId === event.holderId)
    );
    return left.map(([id, holderId]) => `${id} of ${holderId} was touched, or was not`);
  };
}

/**
 * CFG1: a reload ends no cell, takes no GPU and no memory from one, and sends
 * nobody out of a queue but what has become impossible.
 */
export function reloadLosesNothing(): Property {
  let known = new Map<string, string>();
  return ({ state, event, effects }) => {
    const before = known;
    known = new Map();
    for (const { claim, phase } of [...state.running, ...state.queue]) {
      const { memoryBytes = null, gpus = [] } = phase.state === 'running' ? phase.grant : {};
      known.set(claim.id, JSON.stringify([phase.state, memoryBytes, gpus]));
    }
    if (event.type !== 'configured') {
      return [];
    }
    const toldOf = new Set(
      effects.flatMap(it => (it.type === 'grant' || it.type === 'refuse' ? [it.claimId] : []))
    );
    return [...before]
      .filter(([id, what]) => known.get(id) !== what && !toldOf.has(id))
      .map(([id, what]) => `${id} was ${what} and is ${known.get(id) ?? 'gone'}`);
  };
}
