import type { Reason, Resource } from '../protocol/view';
import { planGrant } from './admission';
import { grantClaim } from './lifecycle';
import { admissionOrder } from './order/admission';
import { expectedMs } from './policy/profiles';
import type { ClaimEntry, State } from './state';
import { tell } from './story';

/** How many waiting claims one cycle looks at; the others wait for a later one. */
export const CYCLE_DEPTH = 256;

/**
 * The admission cycle (ADM5, ADM6).
 *
 * 1. Order the queue.
 * 2. Grant what fits, from the front.
 * 3. The first that does not fit is the head of its resource: from there on, a
 *    later claim that wants the same resource may pass only if it does not
 *    delay the head.
 * 4. Tell each that waits why, and where it stands.
 */
export function runCycle(state: State): void {
  if (state.queue.length === 0) {
    return;
  }
  state.queue.sort(admissionOrder(state));
  const heads = new Map<Resource, ClaimEntry>();
  const reasons = new Map<ClaimEntry, Reason>();
  for (const entry of state.queue.slice(0, CYCLE_DEPTH)) {
    const plan = planGrant(state, entry.holder, entry.claim.ask);
    if ('obstacle' in plan) {
      reasons.set(entry, plan.obstacle);
      heads.has(plan.obstacle.resource) || heads.set(plan.obstacle.resource, entry);
    } else {
      const ahead = headInTheWay(entry, heads);
      ahead ? reasons.set(entry, behind(ahead)) : grantClaim(state, entry, plan.lease);
    }
  }
  state.queue = state.queue.filter(entry => entry.phase.state === 'waiting');
  tellPlaces(state, reasons);
}

/** Resources that a claim may wait for. */
function wants(entry: ClaimEntry): Set<Resource> {
  const { ask } = entry.claim;
  const wanted = new Set<Resource>();
  ask.gpus > 0 && wanted.add('gpus');
  ask.memoryBytes !== null && wanted.add('memory');
  (ask.exclusive || ask.cpus.kind === 'range') && wanted.add('cpus');
  return wanted;
}

function headInTheWay(
  entry: ClaimEntry,
  heads: ReadonlyMap<Resource, ClaimEntry>
): { readonly head: ClaimEntry; readonly resource: Resource } | null {
  for (const resource of wants(entry)) {
    const head = [...heads.values()].find(it => wants(it).has(resource));
    if (head) {
      return { head, resource };
    }
  }
  return null;
}

function behind(ahead: { readonly head: ClaimEntry; readonly resource: Resource }): Reason {
  const { holder } = ahead.head.holder;
  const noun = { cpus: 'CPUs', memory: 'memory', gpus: 'GPUs' }[ahead.resource];
  return {
    resource: ahead.resource,
    sentence: `for its turn; ${holder.name} is first in line for ${noun}`,
    blockers: []
  };
}

function tellPlaces(state: State, reasons: ReadonlyMap<ClaimEntry, Reason>): void {
  const places: Record<Resource, number> = { cpus: 0, memory: 0, gpus: 0 };
  for (const entry of state.queue) {
    if (entry.phase.state !== 'waiting') {
      continue;
    }
    const { phase } = entry;
    const reason = reasons.get(entry) ?? phase.reason;
    const position = (places[reason.resource] += 1);
    const changed = reason.sentence !== phase.reason.sentence || position !== phase.position;
    reason.sentence !== phase.reason.sentence && tell(state, entry, `Waits ${reason.sentence}.`);
    phase.reason = reason;
    phase.position = position;
    estimate(state, entry);
    if (changed) {
      const { id, holderId } = entry.claim;
      const { sentence } = reason;
      state.messages.push({ type: 'wait', holderId, claimId: id, sentence, position });
    }
  }
}

/** Predict the start from when its first blocker should end. */
function estimate(state: State, entry: ClaimEntry): void {
  if (entry.phase.state !== 'waiting') {
    return;
  }
  const blocker = state.claims.get(entry.phase.reason.blockers[0]?.claimId ?? '');
  const running = blocker?.phase.state === 'running' ? blocker.phase : null;
  const profile = state.profiles.get(blocker?.claim.sourceHash ?? '');
  const took = expectedMs(profile) ?? blocker?.claim.ask.timeMs ?? null;
  const known = running !== null && took !== null;
  entry.phase.etaMs = known ? Math.max(0, running.grantedMs + took - state.nowMs) : null;
  entry.phase.etaBasis = !known ? null : profile ? `${profile.runs} past runs` : 'its stated time';
}
