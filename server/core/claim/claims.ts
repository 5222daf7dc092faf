import type { Detail } from '../../protocol/details';
import { cancelled, refusal, type Refusal } from '../../protocol/errors';
import { aboveLimit } from '../policy/limits';
import { impossibleAsk, planGrant } from '../queue/admission';
import { aboveCap, capObstacle } from '../cap/caps';
import { isAwaited } from '../cap/counting';
import { needsOf } from '../cap/needs';
import { UNRESTRICTED } from '../../protocol/grant';
import type { Claim, Event } from '../events';
import { endClaim, grantClaim, refuseClaim } from './lifecycle';
import { createEntry } from './entry';
import { cpusWaitedFor } from '../cpu/cpuCounts';
import { grantFromHold } from './kept';
import { whyCulled } from '../cull/cull';
import { drainObstacle } from '../queue/drained';
import { stopExpecting } from '../learn/correct';
import { forget } from './remember';
import { wantsOf } from '../queue/reserve';
import { isWaiting, type ClaimEntry, type HolderEntry, type WaitingEntry } from '../entries';
import type { State } from '../state';
import { named, tell } from './story';
import { leaseOfGrant, startUnasked, takeOver } from './takeOver';
import { outerClaims } from '../holder/trees';
import { spanInWords } from '../../protocol/amounts';

/** How many claims may wait at once on a node, and in one holder. */
const QUEUE_MAX = 4096;
export const QUEUE_MAX_PER_HOLDER = 256;

type Arrival = Extract<Event, { type: 'claimArrived' }>;

/** A claim arrived: taken over, refused by name, granted at once, or queued. */
export function onClaimArrived(state: State, event: Arrival): void {
  const { claim } = event;
  const holder = state.holders.get(claim.holderId);
  if (!holder) {
    refuseStranger(state, claim, refusal('HOLDER_UNKNOWN', { id: claim.holderId }));
    return;
  }
  const known = state.claims.get(claim.id);
  const returns = event.granted !== null || event.waitingSinceMs !== null;
  if (known && returns && known.holder === holder && known.phase.state !== 'done') {
    // Its gate reconnected: nothing was lost, so nothing changes, unless it has given up waiting.
    event.granted && isWaiting(known) && startUnasked(state, known, event.granted);
    return;
  }
  if (known && !(returns && known.phase.state === 'done')) {
    refuseStranger(state, claim, refusal('CLAIM_DUPLICATE', { id: claim.id }));
    return;
  }
  const sinceMs = event.waitingSinceMs ?? event.granted?.sinceMs ?? state.nowMs;
  const entry = createEntry(state, holder, claim, sinceMs);
  known && forget(state, known);
  state.claims.set(claim.id, entry);
  const [outer] = outerClaims(entry);
  outer && tell(state, entry, { kind: 'inside', outer: named(outer.holder) });
  tellExpected(state, entry);
  event.granted ? takeOver(state, entry, event.granted) : admit(state, entry);
}

function tellExpected(state: State, entry: WaitingEntry): void {
  const predicted = entry.predicted?.memoryBytes;
  entry.expectedBytes !== null && predicted && tell(state, entry, { kind: 'predicted', predicted });
}

/** Refuse a request that never became a claim here. */
function refuseStranger(state: State, claim: Claim, why: Refusal): void {
  const { id, holderId } = claim;
  state.messages.push({ type: 'refuse', holderId, claimId: id, refusal: why });
}

function admit(state: State, entry: WaitingEntry): void {
  const { holder, claim } = entry;
  if (!state.node) {
    const lease = leaseOfGrant(state, entry, UNRESTRICTED);
    tell(state, entry, { kind: 'nodeUnknown' });
    grantClaim(state, entry, lease);
    return;
  }
  const why =
    impossibleAsk(state.node, holder, claim.ask) ??
    aboveLimit(holder, claim.ask) ??
    aboveCap(entry) ??
    whyCulled(state, holder);
  if (why) {
    refuseClaim(state, entry, why);
    return;
  }
  const mayStart = claim.hasStarted || drainObstacle(state, entry) === null;
  (mayStart && grantAtOnce(state, entry)) || enqueue(state, entry);
}

/** Grant a claim what its holder keeps, or nothing that queues, whatever the queue (ADM9, CPU1); false if that is not enough. */
export function grantAtOnce(state: State, entry: WaitingEntry): boolean {
  // What its kernel keeps counts already, but another running cell would not (CAP3).
  if (capObstacle(entry)?.resource !== 'cells' && grantFromHold(state, entry)) {
    return true;
  }
  const mayPass = waitsForNothing(entry) || isUncontested(entry);
  const plan = mayPass ? planGrant(state, entry) : null;
  const lease = plan && 'lease' in plan ? plan.lease : null;
  lease && grantClaim(state, entry, lease);
  return lease !== null;
}

function enqueue(state: State, entry: WaitingEntry): void {
  const { holder, claim } = entry;
  const full = queueFull(state, holder);
  if (full) {
    refuseClaim(state, entry, full);
    return;
  }
  holder.waiting.add(entry);
  holder.accounts.forEach(it => it.waiting.add(entry));
  cpusWaitedFor(claim.ask) > 0 && state.insisting.add(entry);
  holder.running.size + holder.waiting.size === 1 && (holder.sinceMs = state.nowMs);
  state.queue.push(entry);
  state.mayAdmit = true;
}

/** Whether a claim wants nothing that it may have to wait for: neither of the node, nor below a cap. */
export function waitsForNothing(entry: ClaimEntry): boolean {
  return entry.claim.hasStarted || (wantsOf(entry).length === 0 && needsOf(entry).length === 0);
}

/**
 * Whether a claim wants nothing of the node, and no other waits for room below its caps: it has no turn to await.
 *
 * #### Notes
 * In a tree of holders, one whose cell starts may take over what those around it counted with,
 * below other caps (ADM10): then the queue is considered.
 */
function isUncontested(entry: ClaimEntry): boolean {
  const { parent, children } = entry.holder;
  const isAlone = parent === null && children.size === 0;
  return isAlone && wantsOf(entry).length === 0 && !isAwaited(entry.holder);
}

/** Why no other claim may wait, on this node or in this holder; null if one may. */
export function queueFull(state: State, holder: HolderEntry): Refusal | null {
  const isFull = holder.waiting.size >= QUEUE_MAX_PER_HOLDER;
  const limit = isFull ? QUEUE_MAX_PER_HOLDER : QUEUE_MAX;
  return isFull || state.queue.length >= QUEUE_MAX
    ? refusal('TOO_MANY', { limit, what: 'waiting claims' })
    : null;
}

/** A person cancelled a claim; an unknown, running or ended one is ignored. */
export function onClaimCancelled(
  state: State,
  { claimId, by, why = null }: Extract<Event, { type: 'claimCancelled' }>
): void {
  const entry = state.claims.get(claimId);
  if (entry?.phase.state === 'waiting') {
    const told = cancelled(by, why, awaitedBy(entry as WaitingEntry));
    refuseClaim(state, entry, told, 'cancelled');
  }
}

/** A gate withdrew its own claim; it needs no answer. */
export function onClaimGivenUp(
  state: State,
  { claimId }: Extract<Event, { type: 'claimGivenUp' }>
): void {
  const entry = state.claims.get(claimId);
  if (entry?.phase.state === 'waiting') {
    tell(state, entry, { kind: 'givenUp', by: entry.holder.holder.kind });
    endClaim(state, entry, 'cancelled');
  }
}

/** The cell ended; an unknown or ended claim is ignored (P15). */
export function onClaimEnded(state: State, event: Extract<Event, { type: 'claimEnded' }>): void {
  const entry = state.claims.get(event.claimId);
  if (entry && entry.phase.state !== 'done') {
    const endedMs = Math.min(event.endedMs ?? Infinity, state.nowMs);
    endClaim(state, entry, event.outcome, { cpuSeconds: event.cpuSeconds, endedMs });
    const { held } = entry.holder;
    held?.claimId === event.claimId && (held.sinceMs = endedMs);
  }
}

/** ADM8: refuse those that waited longer than they allow. */
export function expireWaits(state: State): void {
  const late = state.queue.filter(
    ({ claim, arrivedMs }) =>
      claim.ask.maxWaitMs !== null && state.nowMs - arrivedMs > claim.ask.maxWaitMs
  );
  for (const entry of late) {
    if (entry.expectedBytes !== null) {
      stopExpecting(state, entry); // a prediction makes nobody wait longer than they allow (LEARN4)
      continue;
    }
    const waited = spanInWords(state.nowMs - entry.arrivedMs);
    refuseClaim(state, entry, refusal('MAX_WAIT', { waited, resource: awaitedBy(entry) }));
  }
}

/** What a claim waits for. */
function awaitedBy({ phase: { reason } }: WaitingEntry): Detail {
  return { kind: 'awaited', what: reason.kind === 'drained' ? 'undrain' : reason.resource };
}
