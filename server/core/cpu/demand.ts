import { raisePeaks } from '../claim/peaks';
import { changeDemand, demandOf, reachOf } from '../policy/shareTree';
import { expectedRunMs } from '../learn/predict';
import type { HolderUse } from '../events';
import type { ClaimEntry, RunningEntry } from '../entries';
import type { State } from '../state';

/** The CPU demand that is assumed for a claim before it is measured (CPU4). */
export function predictedDemand(state: State, entry: ClaimEntry): number {
  const total = Math.max(1, state.pool.slots.length);
  const { cpus } = entry.claim.ask;
  if (cpus.kind !== 'auto') {
    return Math.min(total, cpus.kind === 'fixed' ? cpus.n : cpus.max);
  }
  const known = knownCpus(entry);
  return known === null ? total : Math.max(1, Math.min(total, Math.ceil(known)));
}

/**
 * How long a claim should run, in ms, for planning the queue; null if nothing is known.
 *
 * #### Notes
 * People are shown less: `forecast.ts`.
 */
export function predictedRunMs(state: State, entry: ClaimEntry): number | null {
  return expectedRunMs(state.learned, entry.keys) ?? entry.claim.ask.timeMs;
}

/**
 * When a running claim should end, at the earliest now; Infinity if nothing
 * is known.
 *
 * #### Notes
 * An exceeded prediction is corrected upward: the claim runs as long again as it has so far.
 */
export function predictedEndMs(state: State, entry: RunningEntry): number {
  const runMs = predictedRunMs(state, entry);
  if (runMs === null) {
    return Infinity;
  }
  const ranMs = state.nowMs - entry.phase.grantedMs;
  return runMs > ranMs ? entry.phase.grantedMs + runMs : state.nowMs + ranMs;
}

/** A cell that uses this fraction of what it could is limited, and may want any more. */
const LIMITED = 0.85;
/** A demand is assumed to be a little above use. */
const SPARE_PART = 1.1;
const SPARE_CPUS = 0.1;
/** A demand follows use only if it differs by this fraction: hysteresis. */
const WORTH_CHANGING = 0.2;

/**
 * CPU4: a demand that nobody stated follows measured use, up and down.
 *
 * #### Notes
 * The use of a cell that is not limited shows its demand. One that uses all that it
 * could may want anything, up to its threads.
 */
export function followUse(state: State, entry: RunningEntry, use: HolderUse): void {
  const { phase } = entry;
  raisePeaks(phase.peaks, use);
  if (!phase.leaf) {
    return;
  }
  const busy = use.cpusBusy / Math.max(1, entry.holder.running.size);
  const { demand } = phase.leaf.consumer;
  const most = mostUsable(state, entry, busy);
  const room = phase.mask?.cpus.length ?? Infinity;
  const could = Math.min(most, room, reachOf(state.shares, phase.leaf));
  const isLimited = busy >= LIMITED * could;
  phase.wasLimited ||= isLimited && !isKnown(entry);
  if (entry.claim.ask.cpus.kind !== 'auto') {
    return;
  }
  const wanted = isLimited ? most : Math.min(most, busy * SPARE_PART + SPARE_CPUS);
  if (Math.abs(wanted - demand) > WORTH_CHANGING * demand) {
    changeDemand(phase.leaf, wanted);
  }
}

/** A cell that uses so many more CPUs than predicted, rounded up, is another one than it was. */
const EXCEEDING = 0.25;

/** The CPUs that past runs wanted; null if nothing is known, or it has been seen to want more (LEARN5). */
function knownCpus({ predicted, phase }: ClaimEntry): number | null {
  const known = predicted?.cpus?.amount ?? null;
  const peak = phase.state === 'running' ? (phase.peaks.cpus ?? 0) : 0;
  return known !== null && peak > Math.ceil(known) + EXCEEDING ? null : known;
}

/** Whether past runs show what the cell wants, and it has that. */
function isKnown(entry: RunningEntry): boolean {
  const known = knownCpus(entry);
  return known !== null && (entry.phase.leaf?.consumer.demand ?? 0) >= known;
}

/** The most a cell can use: its threads or all CPUs, past runs' demand, or its present use. */
function mostUsable(state: State, entry: RunningEntry, busy: number): number {
  const total = state.pool.slots.length;
  const threads = entry.phase.grant.threads ?? total;
  const known = Math.ceil(knownCpus(entry) ?? total);
  return Math.min(total, Math.max(1, Math.min(threads, known), Math.ceil(busy)));
}

/** Demands must fall below this fraction of the CPUs before masks are lifted again. */
const CALM = 0.9;

/** Record whether running cells want more CPUs than exist; returns whether that changed. */
export function watchShortage(state: State): boolean {
  const { shares } = state;
  const calm = state.node?.sharesByWeight === false && state.isShort ? CALM : 1;
  const isShort = demandOf(shares) > shares.capacity * calm + 1e-6;
  const changed = isShort !== state.isShort;
  state.isShort = isShort;
  return changed;
}
