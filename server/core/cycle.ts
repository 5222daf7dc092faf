import type { Refusal } from '../protocol/errors';
import { aboveCap } from './cap/caps';
import { grantFromHold } from './claim/kept';
import { grantClaim, refuseClaim } from './claim/lifecycle';
import { impossibleAsk, planGrant } from './queue/admission';
import { drainObstacle } from './queue/drained';
import { admissionOrder } from './queue/order';
import { lineOf, type Obstacle } from './queue/obstacle';
import { competes, pass, reserve, wantsOf, wouldDelay } from './queue/reserve';
import { breakCircles } from './holder/circles';
import { isWaiting, type WaitingEntry } from './entries';
import type { NodeFacts } from './events';
import type { State } from './state';
import { named, tell } from './claim/story';
import { isInside } from './holder/trees';
import { tellPlaces, type Waits } from './claim/waits';

/** How many waiting claims one cycle considers, from the front; at each tick, more. */
export const CYCLE_DEPTH = 64;
export const TICK_DEPTH = 1024;

/** How many more are considered if they wait for caps of their own, which takes less. */
const CAPPED_PER_DEPTH = 16;

/**
 * The admission cycle (ADM5, ADM6).
 *
 * 1. Order the queue.
 * 2. Consider each claim from the front. One that became impossible, because its
 *    kernel was bound to other GPUs, the node shrank or a cap fell, is refused (ADM3, CAP4). One
 *    that waits for the end of a drain (ADMIN2) waits for nothing else.
 * 3. The first that lacks a resource, or room below a cap, is the head for it, with a reservation.
 * 4. One that lacks nothing is granted, unless it would delay a head.
 * 5. One that would wait for its own outer cell forever is refused (ADM10).
 * 6. Report to each waiting claim its reason and position.
 *
 * #### Notes
 * `depth` bounds the claims considered; those further back wait for a tick. Claims that wait for a cap
 * are not counted among these: however many one user submits, those of others are considered.
 */
export function runCycle(state: State, depth: number): void {
  state.mayAdmit = false;
  if (state.queue.length === 0) {
    return;
  }
  state.queue.sort(admissionOrder(state.nowMs));
  const heads: Heads = new Map();
  const waits: Waits = new Map();
  let left = depth;
  for (const entry of state.queue.slice(0, depth * CAPPED_PER_DEPTH)) {
    if (left === 0) {
      break;
    }
    const lacks = consider(state, entry, heads);
    lacks && waits.set(entry, lacks);
    left -= lacks?.cap ? 0 : 1;
  }
  state.queue = state.queue.filter(isWaiting);
  breakCircles(state, waits);
  tellPlaces(state, waits, depth > CYCLE_DEPTH);
}

/** The heads so far, by the queue that each is the first of. */
type Heads = Map<string, WaitingEntry>;

/** Grant or refuse a waiting claim, or return what it lacks. */
function consider(state: State, entry: WaitingEntry, heads: Heads): Obstacle | null {
  const why = state.node && (aboveCap(entry) ?? impossibleNow(state.node, entry));
  if (why) {
    refuseClaim(state, entry, why);
    return null;
  }
  const drained = drainObstacle(state, entry);
  if (drained) {
    return drained;
  }
  const plan = planGrant(state, entry);
  if ('obstacle' in plan) {
    becomeHead(state, heads, entry, plan.obstacle);
    return plan.obstacle;
  }
  const head = [...heads.values()].find(it => wouldDelay(state, it, entry, plan.lease));
  if (head) {
    entry.phase.reservation = null;
    return turnOf(head, entry);
  }
  heads.forEach(it => countPass(state, it, entry));
  grantFromHold(state, entry) || grantClaim(state, entry, plan.lease);
  return null;
}

/** ADM3: why a waiting claim became impossible, or null; examined again only if what decides that changed. */
function impossibleNow(node: NodeFacts, { holder, claim, phase }: WaitingEntry): Refusal | null {
  const { boundGpus } = holder;
  if (phase.possible?.node === node && phase.possible.boundGpus === boundGpus) {
    return null;
  }
  phase.possible = { node, boundGpus };
  return impossibleAsk(node, holder, claim.ask);
}

/**
 * The first that lacks a resource holds its reservation; others lose theirs, except those
 * inside running cells, which must not wait for a head that waits for their cells (ADM10).
 */
function becomeHead(state: State, heads: Heads, entry: WaitingEntry, lacks: Obstacle): void {
  const { phase } = entry;
  const line = lineOf(lacks);
  const isFirst = !heads.has(line);
  isFirst && heads.set(line, entry);
  phase.cap = lacks.cap ?? null;
  phase.reservation = isFirst || isInside(entry) ? reserve(state, entry) : null;
}

function countPass(state: State, head: WaitingEntry, entry: WaitingEntry): void {
  if (competes(head, entry)) {
    pass(state, head, entry);
    tell(state, entry, { kind: 'passes', before: named(head.holder) });
  }
}

/** Why a claim that lacks nothing waits: another's turn comes first. */
export function turnOf(head: WaitingEntry, entry: WaitingEntry): Obstacle {
  const { cap, reason } = head.phase;
  const wants = wantsOf(head);
  const shared = wantsOf(entry).find(it => wants.includes(it));
  const resource = cap ? reason.resource : (shared ?? 'cells');
  const before = named(head.holder);
  const within = cap && { within: cap.owner };
  return {
    resource,
    cap,
    reason: () => ({ kind: 'turn', resource, blockers: [], before, ...within })
  };
}
