import { refusal } from '../../protocol/errors';
import type { Eviction } from '../../protocol/facts';
import { drainObstacle } from '../queue/drained';
import { fewest } from '../queue/fewest';
import { groupOf, lostWorkMs, overQuota, victimOrder } from './victims';
import { headsOf } from '../holder/holds';
import { leaseIn, leaveRoom, roomOf } from '../queue/room';
import { useAt } from './fairness';
import { pathOf } from './shareTree';
import { holdsOf, wantsOf } from '../queue/reserve';
import type { ClaimEntry, RunningEntry, WaitingEntry } from '../entries';
import type { State } from '../state';
import { named, tell } from '../claim/story';
import { surrounds } from '../holder/trees';

/** FAIR4: heads that waited longer than their group allows get what they are entitled to. */
export function preempt(state: State): void {
  for (const head of headsOf(state)) {
    const { latencyMs } = head.holder.user.group;
    const waitedMs = state.nowMs - head.arrivedMs;
    if (head.phase.cap || isByPrediction(head)) {
      continue; // no group is entitled to more than its caps, or to interrupt others for a guess (LEARN4)
    }
    if (latencyMs !== null && waitedMs >= latencyMs && !isServed(state, head)) {
      chooseVictims(state, head).forEach(victim => makeRoom(state, victim, head));
    }
  }
}

/** Whether a head waits for memory that it did not ask for. */
function isByPrediction({ expectedBytes, phase }: WaitingEntry): boolean {
  return expectedBytes !== null && phase.reason.resource === 'memory';
}

function isServed(state: State, head: WaitingEntry): boolean {
  return [...state.evicting].some(it => it.phase.eviction?.beneficiary === head);
}

/**
 * FAIR4: whether a head may preempt a victim: its group uses less than its
 * entitlement and the victim's more; or both are in one group, and the
 * victim's user recently used more.
 */
function mayEvict(state: State, head: WaitingEntry, victim: RunningEntry): boolean {
  const ranMs = state.nowMs - victim.phase.grantedMs;
  if (surrounds(victim.holder, head.holder) || ranMs < victim.holder.user.group.minRuntimeMs) {
    return false;
  }
  const total = state.pool.slots.length;
  const [own, other] = [groupOf(head), groupOf(victim)];
  if (own === other) {
    const use = (user: typeof own) => useAt(user.use, state.nowMs) / user.weight;
    return use(victim.holder.user) > use(head.holder.user);
  }
  return overQuota(own, total) < 1 && overQuota(other, total) > 1;
}

/** The first victims in order that suffice, without unnecessary ones; or none. */
function chooseVictims(state: State, head: WaitingEntry): readonly RunningEntry[] {
  const wants = wantsOf(head);
  const order = victimOrder(state.shares.sharing.victims, state.nowMs, state.pool.slots.length);
  const able = [...state.leasing]
    .filter(it => it.phase.eviction === null && mayEvict(state, head, it))
    .filter(it => holdsOf(it.phase.lease).some(held => wants.includes(held)))
    .sort(order);
  return fewest(able, victims => {
    const room = roomOf(state);
    victims.forEach(it => leaveRoom(room, it));
    return leaseIn(state, room, head) !== null;
  });
}

function makeRoom(state: State, victim: RunningEntry, head: WaitingEntry): void {
  const { victims, graceMs } = state.shares.sharing;
  const ranMs = lostWorkMs(victim, state.nowMs);
  const why: Eviction = {
    kind: 'owed',
    to: named(head.holder),
    toGroup: pathOf(groupOf(head)),
    waitedMs: state.nowMs - head.arrivedMs,
    group: pathOf(groupOf(victim)),
    ranMs,
    victims
  };
  scheduleEviction(state, victim, { why, graceMs, beneficiary: head });
  tell(state, head, { kind: 'roomMade', by: named(victim.holder), inMs: graceMs, lostMs: ranMs });
}

/** Interrupt a running claim after a grace, in place of what may have been scheduled for it before. */
export function scheduleEviction(
  state: State,
  victim: RunningEntry,
  order: {
    readonly why: Eviction;
    readonly graceMs: number;
    /** The claim that it makes room for; null if none. */
    readonly beneficiary: WaitingEntry | null;
  }
): void {
  const { why, graceMs, beneficiary } = order;
  victim.phase.eviction = { atMs: state.nowMs + graceMs, why, beneficiary, told: false };
  state.evicting.add(victim);
  tell(state, victim, { kind: 'toBeEvicted', inMs: graceMs, why });
}

/** A cell that has not ended this long after its interrupt is given up; another one is chosen. */
const INTERRUPT_TIMEOUT_MS = 30_000;

/** Interrupt those whose grace is over; spare those whose resources are no longer needed. */
export function carryOutEvictions(state: State): void {
  for (const entry of state.evicting) {
    const { eviction } = entry.phase;
    const isOver = entry.phase.state !== 'running';
    const { beneficiary = null } = eviction ?? {};
    const isNeeded = beneficiary === null || mayStillStart(state, beneficiary);
    const isOverdue = eviction?.told === true && state.nowMs - eviction.atMs > INTERRUPT_TIMEOUT_MS;
    if (isOver || !eviction || isOverdue) {
      state.evicting.delete(entry);
    } else if (eviction.told) {
      continue;
    } else if (!isNeeded) {
      entry.phase.eviction = null;
      state.evicting.delete(entry);
      tell(state, entry, { kind: 'spared' });
    } else if (state.nowMs >= eviction.atMs) {
      eviction.told = true;
      interrupt(state, entry, eviction.why);
    }
  }
}

function mayStillStart(state: State, entry: ClaimEntry): boolean {
  return entry.phase.state === 'waiting' && drainObstacle(state, entry) === null;
}

function interrupt(state: State, entry: RunningEntry, why: Eviction): void {
  const { id, holderId } = entry.claim;
  const evicted = refusal('EVICTED', { why });
  tell(state, entry, { kind: 'evicted', why });
  state.messages.push({ type: 'interrupt', holderId, claimId: id, refusal: evicted });
}

/** How long a cell may run: as its group sets, but no less than when the cell started (CFG1). */
function runtimeOf({ phase, holder }: RunningEntry): number {
  const { maxRuntimeMs } = holder.user.group;
  return Math.max(maxRuntimeMs ?? Infinity, phase.maxRuntimeMs ?? Infinity);
}

/** A group's cells run no longer than it sets. */
export function limitRuntime(state: State, entries: readonly RunningEntry[]): void {
  for (const entry of entries) {
    const mostMs = runtimeOf(entry);
    if (state.nowMs - entry.phase.grantedMs > mostMs && entry.phase.eviction === null) {
      const why = { kind: 'runtime', group: pathOf(groupOf(entry)), mostMs } as const;
      entry.phase.eviction = { atMs: state.nowMs, why, beneficiary: null, told: true };
      interrupt(state, entry, why);
    }
  }
}
