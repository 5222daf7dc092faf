import { chooseCpus } from './place/chooseCpus';
import { isUnused, sit, stand, weighSeat } from './place/cpuPool';
import { relativeSeniority } from './policy/seniority';
import { shareOf } from './policy/shareTree';
import type { RunningEntry, State } from './state';

/** Whether shares are held by masks now: a tier without weights, and a shortage. */
function needsMasks(state: State): boolean {
  return state.policy === 'dynamic' && state.node?.sharesByWeight === false && state.isShort;
}

/** Whether a claim is one whose share is held by a mask: it named no CPUs itself. */
function isMaskable(entry: RunningEntry): boolean {
  return entry.phase.leaf !== null && entry.phase.lease.seat === null;
}

/**
 * Hold shares by masks in tiers without weights (CPU3, CPU5).
 *
 * #### Notes
 * Looks at the given claims, whose shares may have changed. A mask has the
 * share rounded up, so that together masks cover the node; `balance` moves
 * parts of masks to CPUs that idle.
 */
export function fitMasks(state: State, entries: Iterable<RunningEntry>): void {
  if (!needsMasks(state)) {
    for (const entry of state.masked) {
      liftMask(state, entry);
    }
    return;
  }
  for (const entry of entries) {
    entry.phase.state === 'running' && isMaskable(entry) && fitMask(state, entry);
  }
  coverBareCpus(state);
}

/** Take a claim's mask away. */
export function liftMask(state: State, entry: RunningEntry): void {
  const { mask } = entry.phase;
  if (mask) {
    stand(state.pool, mask);
    entry.phase.mask = null;
    state.masked.delete(entry);
    state.dirty.add(entry.holder);
  }
}

const ROUNDING = 1e-3;
/** A mask is counted anew only where its load is off by more. */
const WORTH_COUNTING = 0.1;

function fitMask(state: State, entry: RunningEntry): void {
  const { phase, holder } = entry;
  const { leaf, mask } = phase;
  const shared = state.pool.slots.length - state.pool.exclusive;
  const share = leaf ? shareOf(state.shares, leaf) : 0;
  const counted = Math.min(leaf?.drinker.demand ?? 1, share * (leaf ? relativeSeniority(leaf) : 1));
  const size = Math.max(1, Math.min(shared, Math.ceil(counted - ROUNDING)));
  const isOnShared = mask?.cpus.every(id => !state.pool.byId.get(id)?.exclusive) ?? false;
  const length = mask?.cpus.length ?? 0;
  if (mask && isOnShared && length >= size && length - mask.spare <= size) {
    mask.spare = length - size;
    const each = Math.min(1, counted / length);
    Math.abs(mask.each - each) > WORTH_COUNTING && weighSeat(state.pool, mask, each);
    return;
  }
  mask && stand(state.pool, mask);
  const cpus = chooseCpus(state.pool, size, mask?.cpus ?? holder.lastPinned);
  phase.mask = { kind: 'share', holder, cpus, each: Math.min(1, counted / size), spare: 0 };
  sit(state.pool, phase.mask);
  state.masked.add(entry);
  state.dirty.add(holder);
}

/** How many masks are looked at for who should have a CPU that nobody wants. */
const TAKERS_MAX = 64;

/** CPU4: a CPU that nobody runs on goes to the masked cell that could use it best. */
function coverBareCpus(state: State): void {
  for (const slot of state.pool.slots) {
    if (isUnused(slot) && !slot.exclusive) {
      const taker = thirstiest(state);
      if (!taker) {
        return;
      }
      extend(state, taker, slot.cpu.id);
    }
  }
}

function thirstiest(state: State): RunningEntry | null {
  let best: RunningEntry | null = null;
  let most = -Infinity;
  let looked = 0;
  for (const entry of state.masked) {
    const { leaf, mask } = entry.phase;
    const lacks = (leaf?.drinker.demand ?? 0) - (mask?.cpus.length ?? 0);
    [best, most] = lacks > most ? [entry, lacks] : [best, most];
    looked += 1;
    if (looked === TAKERS_MAX) {
      break;
    }
  }
  return best;
}

function extend(state: State, entry: RunningEntry, cpu: number): void {
  const { mask } = entry.phase;
  if (mask) {
    stand(state.pool, mask);
    mask.each *= mask.cpus.length / (mask.cpus.length + 1);
    mask.cpus = [...mask.cpus, cpu].sort((a, b) => a - b);
    mask.spare += 1;
    sit(state.pool, mask);
    state.dirty.add(entry.holder);
  }
}
