import { changeDemand, demandOf, reachOf } from '../policy/shareTree';
import { expectedMs } from '../policy/profiles';
import type { HolderUse } from '../events';
import type { ClaimEntry, RunningEntry } from '../entries';
import type { State } from '../state';

/** What a claim is thought to want of the CPUs before it is measured (CPU4). */
export function predictedDemand(state: State, entry: ClaimEntry): number {
  const total = Math.max(1, state.pool.slots.length);
  const { cpus } = entry.claim.ask;
  if (cpus.kind !== 'auto') {
    return Math.min(total, cpus.kind === 'fixed' ? cpus.n : cpus.max);
  }
  const known = knownCpus(state, entry);
  return known === null ? total : Math.max(1, Math.min(total, Math.ceil(known)));
}

/**
 * How long a claim should run, in ms, as the queue is planned; null where nothing is known.
 *
 * #### Notes
 * People are told less: `forecast.ts`.
 */
export function predictedRunMs(state: State, entry: ClaimEntry): number | null {
  const profile = state.profiles.get(entry.claim.sourceHash ?? '');
  return expectedMs(profile) ?? entry.claim.ask.timeMs;
}

/**
 * When a running claim should end, at the earliest now; Infinity where nothing
 * is known.
 *
 * #### Notes
 * A prediction that was exceeded is corrected upward: as long again as it ran.
 */
export function predictedEndMs(state: State, entry: RunningEntry): number {
  const runMs = predictedRunMs(state, entry);
  if (runMs === null) {
    return Infinity;
  }
  const ranMs = state.nowMs - entry.phase.grantedMs;
  return runMs > ranMs ? entry.phase.grantedMs + runMs : state.nowMs + ranMs;
}

/** Use from this part of what a cell could have: it is held back, and may want any more. */
const LIMITED = 0.85;
/** A demand is thought to be a little above what is used. */
const SPARE_PART = 1.1;
const SPARE_CPUS = 0.1;
/** A demand follows use only where it differs by this part: hysteresis. */
const WORTH_CHANGING = 0.2;

/**
 * CPU4: a demand that nobody stated follows measured use, both ways.
 *
 * #### Notes
 * A cell that is not held back shows what it wants. One that uses all that it
 * could have may want anything, up to its threads.
 */
export function followUse(state: State, entry: RunningEntry, use: HolderUse): void {
  const { phase } = entry;
  phase.cpusPeak = Math.max(phase.cpusPeak, use.cpusBusy);
  phase.memoryPeakBytes = Math.max(phase.memoryPeakBytes ?? 0, use.memoryBytes);
  if (!phase.leaf) {
    return;
  }
  const busy = use.cpusBusy / Math.max(1, entry.holder.running.size);
  const { demand } = phase.leaf.consumer;
  const most = mostUsable(state, entry, busy);
  const room = phase.mask?.cpus.length ?? Infinity;
  const could = Math.min(most, room, reachOf(state.shares, phase.leaf));
  const isLimited = busy >= LIMITED * could;
  phase.wasLimited ||= isLimited && !isKnown(state, entry);
  if (entry.claim.ask.cpus.kind !== 'auto') {
    return;
  }
  const wanted = isLimited ? most : Math.min(most, busy * SPARE_PART + SPARE_CPUS);
  if (Math.abs(wanted - demand) > WORTH_CHANGING * demand) {
    changeDemand(phase.leaf, wanted);
  }
}

function knownCpus(state: State, entry: ClaimEntry): number | null {
  return state.profiles.get(entry.claim.sourceHash ?? '')?.cpus ?? null;
}

/** Whether past runs tell what the cell wants, and it has that. */
function isKnown(state: State, entry: RunningEntry): boolean {
  const known = knownCpus(state, entry);
  return known !== null && (entry.phase.leaf?.consumer.demand ?? 0) >= known;
}

/** The most a cell can use: its threads or all CPUs, what past runs wanted, or what it uses now. */
function mostUsable(state: State, entry: RunningEntry, busy: number): number {
  const total = state.pool.slots.length;
  const threads = entry.phase.grant.threads ?? total;
  const known = Math.ceil(knownCpus(state, entry) ?? total);
  return Math.min(total, Math.max(1, Math.min(threads, known), Math.ceil(busy)));
}

/** Part of the CPUs that demands must fall below before masks are lifted again. */
const CALM = 0.9;

/** Note whether running cells want more CPUs than there are; returns whether that changed. */
export function watchShortage(state: State): boolean {
  const { shares } = state;
  const calm = state.node?.sharesByWeight === false && state.isShort ? CALM : 1;
  const isShort = demandOf(shares) > shares.capacity * calm + 1e-6;
  const changed = isShort !== state.isShort;
  state.isShort = isShort;
  return changed;
}
