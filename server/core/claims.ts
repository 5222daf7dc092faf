import { refusal } from '../protocol/errors';
import { parseCpuList } from '../lib/cpuset';
import { impossibleAsk, planGrant } from './admission';
import { UNRESTRICTED, type Grant } from '../protocol/grant';
import { predictedDemand } from './cpuGrant';
import type { Claim, Event } from './events';
import { leaveLease, recountMemory } from './leases';
import { endClaim, grantClaim, refuseClaim, refuseStranger, startRunning } from './lifecycle';
import type { ClaimEntry, HolderEntry, Lease, State } from './state';
import { tell } from './story';
import { spanInWords } from './words';

/** How many claims may wait at once on a node, and in one holder. */
export const QUEUE_MAX = 4096;
export const QUEUE_MAX_PER_HOLDER = 256;

type Arrival = Extract<Event, { type: 'claimArrived' }>;

/** A claim arrived: taken over, refused by name, granted at once, or queued. */
export function onClaimArrived(state: State, event: Arrival): void {
  const { claim } = event;
  const holder = state.holders.get(claim.holderId);
  if (!holder) {
    refuseStranger(state, claim.holderId, claim.id, 'KERNEL_UNKNOWN', { id: claim.holderId });
    return;
  }
  const known = state.claims.get(claim.id);
  const returns = event.granted !== null || event.waitingSinceMs !== null;
  if (known && returns && known.holder === holder && known.phase.state !== 'done') {
    return; // its gate reconnected: nothing was lost, so nothing changes
  }
  if (known && !(returns && known.phase.state === 'done')) {
    refuseStranger(state, claim.holderId, claim.id, 'CLAIM_DUPLICATE', { id: claim.id });
    return;
  }
  const entry = createEntry(state, holder, claim, event.waitingSinceMs ?? state.nowMs);
  if (known) {
    state.done.delete(known);
  }
  state.claims.set(claim.id, entry);
  event.granted ? takeOver(state, entry, event.granted) : admit(state, entry);
}

function createEntry(state: State, holder: HolderEntry, claim: Claim, sinceMs: number): ClaimEntry {
  return {
    claim,
    holder,
    arrivedMs: Math.min(sinceMs, state.nowMs),
    story: [{ atMs: state.nowMs, sentence: 'Claimed.' }],
    phase: {
      state: 'waiting',
      reason: { resource: 'cpus', sentence: 'to be looked at', blockers: [] },
      position: 0,
      etaMs: null,
      etaBasis: null,
      passedBy: 0
    }
  };
}

function admit(state: State, entry: ClaimEntry): void {
  const { holder, claim } = entry;
  if (!state.node) {
    const lease = leaseOfGrant(state, claim, UNRESTRICTED);
    tell(state, entry, 'The node is not known yet, so nothing is restricted.');
    grantClaim(state, entry, lease);
    return;
  }
  const why = impossibleAsk(state.node, holder, claim.ask);
  if (why) {
    refuseClaim(state, entry, why);
    return;
  }
  if (grantFromHold(state, entry)) {
    return;
  }
  enqueue(state, entry);
}

function enqueue(state: State, entry: ClaimEntry): void {
  const { holder, claim } = entry;
  // What wants nothing that queues is granted here, whatever the queue (CPU1).
  if (isNeverQueued(claim)) {
    const plan = planGrant(state, holder, claim.ask);
    if ('lease' in plan) {
      grantClaim(state, entry, plan.lease);
      return;
    }
  }
  const limit = holder.waiting.size >= QUEUE_MAX_PER_HOLDER ? QUEUE_MAX_PER_HOLDER : QUEUE_MAX;
  if (holder.waiting.size >= QUEUE_MAX_PER_HOLDER || state.queue.length >= QUEUE_MAX) {
    refuseClaim(state, entry, refusal('TOO_MANY', { limit, what: 'waiting claims' }));
    return;
  }
  holder.waiting.add(entry);
  holder.running.size + holder.waiting.size === 1 && (holder.sinceMs = state.nowMs);
  state.queue.push(entry);
}

function isNeverQueued({ ask }: Claim): boolean {
  return ask.gpus === 0 && ask.memoryBytes === null && !ask.exclusive && ask.cpus.kind !== 'range';
}

/** ADM9: a claim that asks no more than its holder keeps is granted from that, at once. */
function grantFromHold(state: State, entry: ClaimEntry): boolean {
  const { holder, claim } = entry;
  const { held } = holder;
  if (!held) {
    return false;
  }
  dropHold(state, holder);
  if (!covers(held.lease, claim)) {
    return false;
  }
  tell(state, entry, 'Takes over the grant that an earlier cell kept.');
  grantClaim(state, entry, held.lease);
  return true;
}

function covers(lease: Lease, { ask }: Claim): boolean {
  const n = ask.cpus.kind === 'fixed' ? ask.cpus.n : ask.cpus.kind === 'range' ? ask.cpus.min : 0;
  return (
    ask.gpus <= lease.gpus.length &&
    (ask.gpuMemoryBytes ?? 0) <= (lease.gpuMemoryBytes ?? Infinity) &&
    (ask.memoryBytes ?? 0) <= (lease.memoryBytes ?? 0) &&
    n <= (lease.pinned?.length ?? 0) &&
    (!ask.exclusive || lease.exclusive)
  );
}

/** Give back what a holder kept across cells. */
export function dropHold(state: State, holder: HolderEntry): void {
  if (holder.held) {
    leaveLease(state, holder, holder.held.lease);
    holder.held = null;
    recountMemory(state, holder);
  }
}

/** ENF4: a claim granted before a restart is taken over as it is. */
function takeOver(
  state: State,
  entry: ClaimEntry,
  granted: { readonly grant: Grant; readonly sinceMs: number }
): void {
  const { grant } = granted;
  startRunning(state, entry, {
    lease: leaseOfGrant(state, entry.claim, grant),
    grant,
    demand: predictedDemand(state, entry),
    grantedMs: Math.min(granted.sinceMs, state.nowMs)
  });
  tell(state, entry, 'Taken over as it was granted before a restart.');
}

function leaseOfGrant(state: State, claim: Claim, grant: Grant): Lease {
  const { ask } = claim;
  const isPinned = ask.cpus.kind !== 'auto' || ask.exclusive;
  const known = new Set(state.pool.cpus.map(cpu => cpu.id));
  const listed = grant.cpus === null ? [] : parseCpuList(grant.cpus).filter(id => known.has(id));
  const pinned = isPinned && listed.length ? listed : null;
  const gpus = new Set(state.node?.gpus.map(gpu => gpu.uuid));
  return {
    pinned,
    exclusive: ask.exclusive && pinned !== null,
    promisedCpus: pinned ? (ask.cpus.kind === 'range' ? ask.cpus.min : pinned.length) : 0,
    cpusMax: pinned ? (ask.cpus.kind === 'range' ? ask.cpus.max : pinned.length) : 0,
    memoryBytes: grant.memoryBytes,
    gpus: grant.gpus.filter(uuid => gpus.has(uuid)),
    gpuMemoryBytes: ask.gpuMemoryBytes
  };
}

/**
 * A claim was cancelled. `by` equal to the holder's id means that its own gate
 * gave it up: then nothing is answered.
 */
export function onClaimCancelled(
  state: State,
  event: Extract<Event, { type: 'claimCancelled' }>
): void {
  const entry = state.claims.get(event.claimId);
  if (entry?.holder.held?.claimId === event.claimId) {
    tell(state, entry, `The grant that it kept was given back, asked by ${event.by}.`);
    dropHold(state, entry.holder);
  }
  if (entry?.phase.state !== 'waiting') {
    return; // unknown, running or over: nothing to give up
  }
  if (event.by === entry.claim.holderId) {
    tell(state, entry, 'Given up by its kernel while it waited.');
    endClaim(state, entry, 'cancelled');
    return;
  }
  const { resource } = entry.phase.reason;
  refuseClaim(state, entry, refusal('CANCELLED', { by: event.by, resource }), 'cancelled');
}

/** The cell ended; an unknown or ended claim is passed over (P15). */
export function onClaimEnded(state: State, event: Extract<Event, { type: 'claimEnded' }>): void {
  const entry = state.claims.get(event.claimId);
  if (entry && entry.phase.state !== 'done') {
    endClaim(state, entry, event.outcome, { cpuSeconds: event.cpuSeconds });
  }
}

/** ADM8: refuse those that waited longer than they allow. */
export function expireWaits(state: State): void {
  const late = state.queue.filter(
    ({ claim, arrivedMs }) =>
      claim.ask.maxWaitMs !== null && state.nowMs - arrivedMs > claim.ask.maxWaitMs
  );
  for (const entry of late) {
    const resource = entry.phase.state === 'waiting' ? entry.phase.reason.resource : 'cpus';
    const waited = spanInWords(state.nowMs - entry.arrivedMs);
    refuseClaim(state, entry, refusal('MAX_WAIT', { waited, resource }));
  }
}
