import type { Ask } from '../../protocol/ask';
import type { Refusal } from '../../protocol/errors';
import type { Fit } from '../../protocol/view';
import { aboveLimit } from '../policy/limits';
import { impossibleAsk, planGrant } from '../queue/admission';
import { aboveCap, capObstacle } from '../cap/caps';
import { queueFull, waitsForNothing } from './claims';
import { createEntry } from './entry';
import { forecastStart } from './forecast';
import { covers } from './kept';
import { whyCulled } from '../cull/cull';
import { turnOf } from '../cycle';
import { whyInCircle } from '../holder/circles';
import { usualOf } from '../learn/usual';
import { giversTo, headsOf, leaseWithout } from '../holder/holds';
import { drainObstacle } from '../queue/drained';
import { admissionOrder } from '../queue/order';
import { lineOf, type Obstacle } from '../queue/obstacle';
import { wouldDelay } from '../queue/reserve';
import type { HolderEntry, WaitingEntry } from '../entries';
import type { State } from '../state';

/** Sorts after every other id: a claim that arrives now comes last. */
const LAST_ID = '\uffff';

/**
 * What would happen if a cell of a holder ran now: what admission would answer,
 * with the queue, the reservations, the holds and the limits of its group.
 *
 * #### Notes
 * Changes nothing. With the id of the cell, it also answers what that usually needs (LEARN6). Right until the next event, with two exceptions: a cell that
 * is known from past runs may pass although this says that it waits; and what its
 * kernel keeps, if that is not enough, may let others go first.
 */
export function fitOf(
  state: State,
  holder: HolderEntry,
  ask: Ask,
  cellId: string | null = null
): Fit {
  const entry = lookAhead(state, holder, ask, cellId);
  const fit = fitNow(state, entry);
  const usual = usualOf(state.learned, entry);
  return usual ? { ...fit, usual } : fit;
}

function fitNow(state: State, entry: WaitingEntry): Fit {
  const { holder } = entry;
  const { ask } = entry.claim;
  if (!state.node) {
    return NOW;
  }
  const why =
    impossibleAsk(state.node, holder, ask) ??
    aboveLimit(holder, ask) ??
    aboveCap(entry) ??
    whyCulled(state, holder);
  if (why) {
    return never(why);
  }
  const drained = drainObstacle(state, entry);
  if (drained) {
    return { kind: 'waits', reason: drained.reason(), startsIn: null };
  }
  const isKept = holder.held !== null && covers(state, holder.held.lease, ask);
  if (waitsForNothing(entry) || (isKept && capObstacle(entry)?.resource !== 'cells')) {
    return NOW;
  }
  const full = queueFull(state, holder);
  return full ? never(full) : fitInQueue(state, entry);
}

const NOW: Fit = { kind: 'now' };

function never(why: Refusal): Fit {
  return { kind: 'never', why };
}

function waits(state: State, entry: WaitingEntry, obstacle: Obstacle): Fit {
  const startsIn = forecastStart(state, entry, lineOf(obstacle));
  return { kind: 'waits', reason: obstacle.reason(), startsIn };
}

/** The claim that would be made; it is not entered anywhere. */
function lookAhead(
  state: State,
  holder: HolderEntry,
  ask: Ask,
  cellId: string | null
): WaitingEntry {
  const claim = {
    id: LAST_ID,
    holderId: holder.holder.id,
    outerId: null,
    cellId,
    label: null,
    sourceHash: null,
    ask
  };
  return createEntry(state, holder, claim, state.nowMs);
}

/** As the admission cycle would decide (ADM6), and which holder is then asked for a hold (ADM9). */
function fitInQueue(state: State, entry: WaitingEntry): Fit {
  const { holder } = entry;
  const order = admissionOrder(state.nowMs);
  const before = headsOf(state).filter(it => order(it, entry) < 0);
  // One inside a running cell may have a reservation without being the first (ADM10).
  const heads = before.filter(
    (it, i) => before.findIndex(other => other.phase.line === it.phase.line) === i
  );
  const plan = planGrant(state, entry);
  // What its own kernel keeps is released when it claims.
  const own = holder.held ? [holder] : [];
  const lease = 'lease' in plan ? plan.lease : own.length ? leaseWithout(state, own, entry) : null;
  if (lease) {
    const head = heads.find(it => wouldDelay(state, it, entry, lease));
    return head ? waits(state, entry, turnOf(head, entry)) : NOW;
  }
  const { obstacle } = plan as Extract<typeof plan, { obstacle: Obstacle }>;
  const isHead = heads.every(it => it.phase.line !== lineOf(obstacle));
  if (isHead && giversTo(state, entry).length > 0) {
    return NOW;
  }
  const why = whyInCircle(state, entry, obstacle.resource);
  return why ? never(why) : waits(state, entry, obstacle);
}
