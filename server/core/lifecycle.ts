import { refusal, sentenceOf, type Refusal } from '../protocol/errors';
import type { Grant } from '../protocol/grant';
import { cpuGrant, predictedDemand } from './cpuGrant';
import { enterLease, leaveLease, recountMemory } from './leases';
import { recordRun } from './policy/profiles';
import type { ClaimEntry, Done, Lease, State } from './state';
import { tell } from './story';
import { bytesInWords, gpusInWords, spanInWords } from './words';

/** How many claims that are over are remembered, beside the last of each cell. */
export const DONE_MAX = 200;

/** Grant a claim: enter its lease, and say so. */
export function grantClaim(state: State, entry: ClaimEntry, lease: Lease): void {
  const demand = predictedDemand(state, entry);
  const grant: Grant = {
    ...cpuGrant(state, lease, demand),
    memoryBytes: lease.memoryBytes,
    gpus: lease.gpus
  };
  startRunning(state, entry, { lease, grant, demand, grantedMs: state.nowMs });
  const waitMs = state.nowMs - entry.arrivedMs;
  const after = waitMs > 0 ? ` after ${spanInWords(waitMs)}` : '';
  tell(state, entry, `Granted ${grantInWords(state, grant)}${after}.`);
  const { id, holderId } = entry.claim;
  state.messages.push({ type: 'grant', holderId, claimId: id, grant });
}

/** Enter a claim among the running ones. */
export function startRunning(
  state: State,
  entry: ClaimEntry,
  start: {
    readonly lease: Lease;
    readonly grant: Grant;
    readonly demand: number;
    readonly grantedMs: number;
  }
): void {
  const { holder } = entry;
  holder.waiting.delete(entry);
  holder.running.size === 0 && (holder.sinceMs = start.grantedMs);
  entry.phase = {
    state: 'running',
    ...start,
    demandMax: start.demand,
    cpuSecondsAtGrant: holder.use?.cpuSeconds ?? null,
    memoryPeakBytes: holder.use?.memoryBytes ?? null,
    cpusPeak: 0
  };
  holder.running.add(entry);
  state.running.add(entry);
  enterLease(state, holder, start.lease);
  recountMemory(state, holder);
}

/** What a grant gives, in words. */
export function grantInWords(state: State, grant: Grant): string {
  const parts = [
    grant.cpus === null ? 'all CPUs' : `CPUs ${grant.cpus}`,
    grant.threads === null ? '' : `${grant.threads} threads`,
    grant.memoryBytes === null ? '' : bytesInWords(grant.memoryBytes),
    grant.gpus.length ? gpusInWords(state.node?.gpus ?? [], grant.gpus) : ''
  ];
  return parts.filter(Boolean).join(', ');
}

/** Refuse a claim that was entered: it is over, and its gate is told. */
export function refuseClaim(
  state: State,
  entry: ClaimEntry,
  why: Refusal,
  outcome: 'refused' | 'cancelled' = 'refused'
): void {
  const message = sentenceOf(why);
  tell(state, entry, message);
  endClaim(state, entry, outcome, { message });
  const { id, holderId } = entry.claim;
  state.messages.push({ type: 'refuse', holderId, claimId: id, refusal: why });
}

/** Refuse what never became a claim here. */
export function refuseStranger(
  state: State,
  holderId: string,
  claimId: string,
  code: 'KERNEL_UNKNOWN' | 'CLAIM_DUPLICATE' | 'TOO_MANY',
  details: Refusal['details']
): void {
  state.messages.push({ type: 'refuse', holderId, claimId, refusal: refusal(code, details) });
}

/** End a claim, whatever it is doing; frees what it has exactly once (GATE2). */
export function endClaim(
  state: State,
  entry: ClaimEntry,
  outcome: Done['outcome'],
  known: { readonly cpuSeconds?: number | null; readonly message?: string | null } = {}
): void {
  const { phase, holder } = entry;
  if (phase.state === 'done') {
    return;
  }
  holder.waiting.delete(entry);
  const running = phase.state === 'running' ? phase : null;
  entry.phase = {
    state: 'done',
    grantedMs: running?.grantedMs ?? null,
    endedMs: state.nowMs,
    outcome,
    message: known.message ?? null,
    grant: running?.grant ?? null,
    cpuSeconds: known.cpuSeconds ?? null,
    memoryPeakBytes: running?.memoryPeakBytes ?? null
  };
  if (running) {
    stopRunning(state, entry, running.lease, outcome);
    learn(
      state,
      entry,
      state.nowMs - running.grantedMs,
      known.cpuSeconds ?? null,
      running.cpusPeak
    );
  } else {
    state.queue = state.queue.filter(it => it !== entry);
  }
  holder.running.size + holder.waiting.size === 0 && (holder.sinceMs = state.nowMs);
  rememberDone(state, entry);
}

function stopRunning(
  state: State,
  entry: ClaimEntry,
  lease: Lease,
  outcome: Done['outcome']
): void {
  const { holder } = entry;
  holder.running.delete(entry);
  state.running.delete(entry);
  if (entry.claim.ask.hold && outcome !== 'died' && !holder.held) {
    holder.held = { lease, claimId: entry.claim.id, sinceMs: state.nowMs };
    tell(state, entry, 'Ended; its grant is kept for the next cell.');
  } else {
    leaveLease(state, holder, lease);
    tell(state, entry, 'Ended; its grant was given back.');
  }
  recountMemory(state, holder);
}

function learn(
  state: State,
  entry: ClaimEntry,
  tookMs: number,
  cpuSeconds: number | null,
  cpusPeak: number
): void {
  const { sourceHash } = entry.claim;
  const average = cpuSeconds === null || tookMs < 1 ? 0 : (cpuSeconds * 1000) / tookMs;
  if (sourceHash !== null && (average > 0 || cpusPeak > 0)) {
    recordRun(state.profiles, sourceHash, { tookMs, cpusPeak: Math.max(average, cpusPeak) });
  }
}

/** Keep the last claim of each cell of living holders, and the last 200 of all. */
function rememberDone(state: State, entry: ClaimEntry): void {
  const { cellId, holderId } = entry.claim;
  if (cellId !== null) {
    for (const older of state.done) {
      if (older.claim.cellId === cellId && older.claim.holderId === holderId) {
        forget(state, older);
      }
    }
  }
  state.done.add(entry);
  if (state.done.size > DONE_MAX) {
    forget(state, state.done.values().next().value!);
  }
}

function forget(state: State, entry: ClaimEntry): void {
  state.done.delete(entry);
  state.claims.get(entry.claim.id) === entry && state.claims.delete(entry.claim.id);
}
