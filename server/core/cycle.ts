import type { Resource } from '../protocol/facts';
import { impossibleAsk, planGrant } from './queue/admission';
import { grantClaim, refuseClaim } from './claim/lifecycle';
import { drainObstacle } from './queue/drained';
import { admissionOrder } from './queue/order';
import type { Obstacle } from './queue/obstacle';
import { pass, reserve, wantsOf, wouldDelay } from './queue/reserve';
import { breakCircles } from './holder/circles';
import { isWaiting, type WaitingEntry } from './entries';
import type { State } from './state';
import { named, tell } from './claim/story';
import { isInside } from './holder/trees';
import { tellPlaces, type Waits } from './claim/waits';

/** How many waiting claims one cycle considers, from the front; at each tick, more. */
export const CYCLE_DEPTH = 64;
export const TICK_DEPTH = 1024;

/**
 * The admission cycle (ADM5, ADM6).
 *
 * 1. Order the queue.
 * 2. Consider each claim from the front. One that waits for the end of a drain (ADMIN2) waits for
 *    nothing else. One that became impossible, because its
 *    kernel was bound to other GPUs or the node shrank, is refused (ADM3).
 * 3. The first that lacks a resource is the head for it, with a reservation.
 * 4. One that lacks nothing is granted, unless it would delay a head.
 * 5. One that would wait for its own outer cell forever is refused (ADM10).
 * 6. Report to each waiting claim its reason and position.
 *
 * #### Notes
 * `depth` bounds the claims considered; those further back wait for a tick.
 */
export function runCycle(state: State, depth: number): void {
  state.mayAdmit = false;
  if (state.queue.length === 0) {
    return;
  }
  state.queue.sort(admissionOrder(state.nowMs));
  const heads = new Map<Resource, WaitingEntry>();
  const waits: Waits = new Map();
  for (const entry of state.queue.slice(0, depth)) {
    const why = state.node && impossibleAsk(state.node, entry.holder, entry.claim.ask);
    if (why) {
      refuseClaim(state, entry, why);
      continue;
    }
    const drained = drainObstacle(state, entry);
    if (drained) {
      waits.set(entry, drained);
      continue;
    }
    const plan = planGrant(state, entry);
    if ('obstacle' in plan) {
      becomeHead(state, heads, entry, plan.obstacle);
      waits.set(entry, plan.obstacle);
      continue;
    }
    const head = [...heads.values()].find(it => wouldDelay(state, it, entry, plan.lease));
    if (head) {
      waits.set(entry, turnOf(head, entry));
    } else {
      heads.forEach(it => countPass(state, it, entry));
      grantClaim(state, entry, plan.lease);
    }
  }
  state.queue = state.queue.filter(isWaiting);
  breakCircles(state, waits);
  tellPlaces(state, waits, depth > CYCLE_DEPTH);
}

/**
 * The first that lacks a resource holds its reservation; others lose theirs, except those
 * inside running cells, which must not wait for a head that waits for their cells (ADM10).
 */
function becomeHead(
  state: State,
  heads: Map<Resource, WaitingEntry>,
  entry: WaitingEntry,
  lacks: Obstacle
): void {
  const { phase } = entry;
  const isFirst = !heads.has(lacks.resource);
  isFirst && heads.set(lacks.resource, entry);
  phase.reservation = isFirst || isInside(entry) ? reserve(state, entry) : null;
}

function countPass(state: State, head: WaitingEntry, entry: WaitingEntry): void {
  if (wantsOf(entry).some(it => wantsOf(head).includes(it))) {
    pass(state, head, entry);
    tell(state, entry, { kind: 'passes', before: named(head.holder) });
  }
}

/** Why a claim that lacks nothing waits: another's turn comes first. */
export function turnOf(head: WaitingEntry, entry: WaitingEntry): Obstacle {
  const wants = wantsOf(head);
  const resource = wantsOf(entry).find(it => wants.includes(it)) ?? 'cpus';
  const before = named(head.holder);
  return { resource, reason: () => ({ kind: 'turn', resource, blockers: [], before }) };
}
