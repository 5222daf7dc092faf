import { refusal, type Refusal } from '../../protocol/errors';
import type { Grant } from '../../protocol/grant';
import type { Granted } from '../../protocol/facts';
import { isAwaited } from '../cap/counting';
import { cpuGrant } from '../cpu/cpuGrant';
import { predictedDemand, watchShortage } from '../cpu/demand';
import { askBeside } from '../gpu/keepers';
import { endYielding, enterLease, leaveLease, recount } from '../holder/leases';
import { liftMask } from '../cpu/masks';
import { weighAllocation } from '../cpu/cpuPool';
import { gpuNames } from '../gpu/gpus';
import { createGuard } from '../memory/memoryGuard';
import { recordRun } from '../policy/profiles';
import { addLeaf, changeDemand, removeLeaf } from '../policy/shareTree';
import { executionOf } from './executed';
import { closePeaks, createPeaks, highest } from './peaks';
import { rememberDone } from './remember';
import { hasQueued } from '../queue/reserve';
import {
  isRunning,
  isWaiting,
  type ClaimEntry,
  type Done,
  type Lease,
  type Running,
  type RunningEntry,
  type WaitingEntry
} from '../entries';
import type { State } from '../state';
import { decideStanding, recallStanding } from './standing';
import { tell } from './story';

/** Grant a claim: enter its lease, and report it; `wasKept` if an earlier cell left it the lease (ADM9). */
export function grantClaim(state: State, entry: ClaimEntry, lease: Lease, wasKept = false): void {
  const running = startRunning(state, entry, lease, state.nowMs);
  running.keeps ||= wasKept;
  const { leaf } = running;
  watchShortage(state);
  const cpus = cpuGrant(state, entry, lease, leaf);
  running.grant = { ...cpus, memoryBytes: lease.memoryBytes, gpus: lease.gpus };
  if (leaf && cpus.threads !== null && cpus.threads < leaf.consumer.demand) {
    changeDemand(leaf, cpus.threads);
  }
  const waitedMs = state.nowMs - entry.arrivedMs;
  tell(state, entry, { kind: 'granted', granted: grantedOf(state, running.grant), waitedMs });
  const { id, holderId } = entry.claim;
  state.messages.push({ type: 'grant', holderId, claimId: id, grant: running.grant });
  decideStanding(state, entry, running.grant);
  lease.gpuMemoryBytes === null && askBeside(state, entry, lease.gpus);
}

/** How much longer than a claim ran its gate may have counted, in ms. */
const GATE_DELAY_MS = 1000;

/** Enter a claim among the running ones; its grant is still to be reported. */
export function startRunning(
  state: State,
  entry: ClaimEntry,
  lease: Lease,
  grantedMs: number
): Running {
  const { holder } = entry;
  state.standing !== holder && recallStanding(state);
  isWaiting(entry) && leaveLine(state, entry);
  const isPlain = lease.allocation?.kind !== 'exclusive' && state.pool.slots.length > 0;
  const running: Running = {
    state: 'running',
    grantedMs,
    lease,
    grant: { cpus: null, threads: null, memoryBytes: null, gpus: [] },
    leaf: isPlain ? addLeaf(state.shares, holder.user, predictedDemand(state, entry)) : null,
    mask: null,
    cpuSecondsAtGrant: null,
    cpuSeconds: 0,
    peaks: createPeaks(),
    wasLimited: false,
    eviction: null,
    maxRuntimeMs: holder.user.group.maxRuntimeMs,
    keeps: entry.claim.ask.hold,
    notEnforced: null,
    // A limit that is already in force brings no first measurement.
    guard: createGuard(holder.confined.memoryBytes === null ? null : holder.limitedBytes)
  };
  entry.phase = running;
  holder.running.size === 0 && (holder.sinceMs = grantedMs);
  holder.running.add(entry as RunningEntry);
  state.running.add(entry as RunningEntry);
  holder.accounts.forEach(it => it.running.add(entry as RunningEntry));
  hasQueued(lease) && state.leasing.add(entry as RunningEntry);
  state.touched.add(entry as RunningEntry);
  enterLease(state, holder, lease);
  state.shares.capacity = state.pool.slots.length - state.pool.exclusive;
  recount(state, holder);
  return running;
}

function grantedOf(state: State, { cpus, threads, memoryBytes, gpus }: Grant): Granted {
  return { cpus, threads, memoryBytes, gpus: gpuNames(state.node?.gpus ?? [], gpus) };
}

/** Refuse a claim that was entered: it ends, and its gate is notified. */
export function refuseClaim(
  state: State,
  entry: ClaimEntry,
  why: Refusal,
  outcome: 'refused' | 'cancelled' = 'refused'
): void {
  tell(state, entry, { kind: 'told', refusal: why });
  endClaim(state, entry, outcome, { why });
  const { id, holderId } = entry.claim;
  state.messages.push({ type: 'refuse', holderId, claimId: id, refusal: why });
}

/** End a claim in any state; frees what it has exactly once (GATE2). */
export function endClaim(
  state: State,
  entry: ClaimEntry,
  outcome: Done['outcome'],
  known: {
    readonly cpuSeconds?: number | null;
    readonly why?: Refusal | null;
    readonly endedMs?: number;
  } = {}
): void {
  const { holder, phase } = entry;
  if (phase.state === 'done') {
    return;
  }
  const running = phase.state === 'running' ? phase : null;
  if (isRunning(entry)) {
    stopRunning(state, entry, outcome, known.cpuSeconds ?? null);
  } else if (isWaiting(entry)) {
    stopWaiting(state, entry);
  }
  running && closePeaks(running.peaks, holder.use);
  const why = known.why ?? (running && outcome === 'interrupted' ? toldWhy(running) : null);
  const done: Done = {
    state: 'done',
    grantedMs: running?.grantedMs ?? null,
    endedMs: known.endedMs ?? state.nowMs,
    outcome,
    why,
    grant: running?.grant ?? null,
    cpuSeconds: running && cpuSecondsOf(state, running, known.cpuSeconds ?? null),
    memoryPeakBytes: running?.peaks.memoryBytes ?? null
  };
  (entry as ClaimEntry).phase = done;
  const execution = executionOf(entry, done, running);
  state.messages.push({ type: 'executed', holderId: holder.holder.id, execution });
  holder.lastEndedMs = running ? state.nowMs : holder.lastEndedMs;
  if (holder.running.size + holder.waiting.size === 0) {
    holder.sinceMs = state.nowMs;
  }
  rememberDone(state, entry);
}

/**
 * The CPU time of an execution, in s: the larger of what was measured of its tree and what its gate
 * counted, if that is possible; null if neither is known.
 *
 * #### Notes
 * Neither counts anything twice, and each misses something: what is measured begins just after the
 * grant and may come in ticks; a gate counts itself, and children once they have ended.
 */
function cpuSecondsOf(state: State, running: Running, gateSeconds: number | null): number | null {
  const measured = running.cpuSecondsAtGrant === null ? null : running.cpuSeconds;
  const tookMs = state.nowMs - running.grantedMs + GATE_DELAY_MS;
  const possible = (tookMs / 1000) * (state.node?.cpus.length ?? Infinity);
  const counted = gateSeconds !== null && gateSeconds <= possible ? gateSeconds : null;
  return highest(measured, counted);
}

/** Why the arbiter interrupted a claim; null if it did not. */
function toldWhy({ guard, eviction }: Running): Refusal | null {
  return guard.why ?? (eviction?.told ? refusal('EVICTED', { why: eviction.why }) : null);
}

function leaveLine(state: State, entry: WaitingEntry): void {
  entry.holder.waiting.delete(entry);
  entry.holder.accounts.forEach(it => it.waiting.delete(entry));
  state.insisting.delete(entry) && state.insisting.size === 0 && endYielding(state);
}

function stopWaiting(state: State, entry: WaitingEntry): void {
  leaveLine(state, entry);
  state.queue = state.queue.filter(it => it !== entry);
  state.mayAdmit = true;
}

function stopRunning(
  state: State,
  entry: RunningEntry,
  outcome: Done['outcome'],
  cpuSeconds: number | null
): void {
  const { holder, phase } = entry;
  learn(state, entry, outcome === 'ok', cpuSeconds);
  liftMask(state, entry);
  phase.leaf && removeLeaf(phase.leaf);
  holder.running.delete(entry);
  state.running.delete(entry);
  holder.accounts.forEach(it => it.running.delete(entry));
  state.mayAdmit ||= isAwaited(holder);
  state.leasing.delete(entry);
  state.evicting.delete(entry);
  state.touched.delete(entry);
  // What was revoked for another claim (FAIR4) is not withheld from it.
  const isKept = phase.keeps && phase.eviction === null && outcome !== 'died';
  if (isKept && !holder.held) {
    holder.held = { lease: phase.lease, claimId: entry.claim.id, sinceMs: state.nowMs };
    state.keeping.add(holder);
    state.rekept.add(holder);
    recallStanding(state);
    phase.lease.allocation && weighAllocation(state.pool, phase.lease.allocation, 0);
    state.dirty.add(holder);
    state.mayAdmit = true;
    tell(state, entry, { kind: 'ended', isKept: true });
  } else {
    leaveLease(state, holder, phase.lease);
    tell(state, entry, { kind: 'ended', isKept: false });
  }
  state.shares.capacity = state.pool.slots.length - state.pool.exclusive;
  state.mayAdmit ||= isOneHolderLeft(state);
  recount(state, holder);
}

/** ADM7: whether a claim that waits for memory may be admitted, because no cell of another kernel runs. */
function isOneHolderLeft({ running }: State): boolean {
  const [first] = running;
  return running.size === (first?.holder.running.size ?? 0);
}

/** Runs shorter than this do not show efficiency, in ms. */
const TELLING_MS = 2000;

function learn(
  state: State,
  entry: RunningEntry,
  isWhole: boolean,
  cpuSeconds: number | null
): void {
  const { sourceHash } = entry.claim;
  const { grantedMs, peaks, wasLimited, grant } = entry.phase;
  const tookMs = state.nowMs - grantedMs;
  const average = cpuSeconds === null || tookMs < 1 ? 0 : (cpuSeconds * 1000) / tookMs;
  const cpusPeak = Math.max(average, peaks.cpus ?? 0);
  if (sourceHash === null || cpusPeak === 0) {
    return;
  }
  const threads = grant.threads ?? state.pool.slots.length;
  const isTelling = tookMs >= TELLING_MS && threads > 1 && !state.isShort;
  recordRun(state.profiles, sourceHash, {
    isWhole,
    tookMs,
    cpusPeak,
    wasLimited,
    efficiency: isTelling && average > 1 ? Math.min(1, average / threads) : null
  });
}
