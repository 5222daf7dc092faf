import type { Execution, Used } from '../../protocol/execution';
import type { ClaimEntry, Done, HolderEntry, Running } from '../entries';
import type { State } from '../state';
import { groupPathOf } from '../viewGroups';
import { meanUtilisation } from './peaks';

/** The record of an execution that has just ended. */
export function executionOf(
  state: State,
  entry: ClaimEntry,
  done: Done,
  running: Running | null
): Execution {
  const { claim, holder, arrivedMs } = entry;
  const { id, kind, name, notebook = null, owner } = holder.holder;
  return {
    claimId: claim.id,
    holderId: id,
    holderKind: kind,
    holderName: name,
    notebook,
    owner,
    group: groupPathOf(holder),
    cellId: claim.cellId,
    label: claim.label,
    sourceHash: claim.sourceHash,
    arrivedMs,
    grantedMs: done.grantedMs,
    endedMs: endOf(done, arrivedMs),
    thinkMs: entry.thinkMs,
    outcome: done.outcome,
    ask: claim.ask,
    grant: done.grant,
    used: running && usedIn(state, running, done, holder)
  };
}

function endOf({ endedMs, grantedMs }: Done, arrivedMs: number): number {
  return Math.max(endedMs, grantedMs ?? arrivedMs);
}

function usedIn(state: State, running: Running, done: Done, { use }: HolderEntry): Used {
  const { peaks, memoryBeforeBytes, wasLimited } = running;
  return {
    cpuSeconds: done.cpuSeconds,
    cpusPeak: peaks.cpus,
    memoryBeforeBytes,
    memoryPeakBytes: peaks.memoryBytes,
    memoryKeptBytes: use?.memoryBytes ?? null,
    threadsPeak: peaks.threads,
    processesPeak: peaks.processes,
    gpuMemoryPeakBytes: peaks.gpuMemoryBytes,
    gpuUtilisation: meanUtilisation(peaks),
    wasLimited,
    efficiency: efficiencyOf(state, running, done)
  };
}

/** Runs shorter than this do not show efficiency, in ms. */
const TELLING_MS = 2000;

/** How well it used its threads (CPU3); null where it was too short, or had one, or CPUs were short. */
function efficiencyOf(state: State, { grant, grantedMs }: Running, done: Done): number | null {
  const tookMs = endOf(done, grantedMs) - grantedMs;
  const threads = grant.threads ?? state.pool.slots.length;
  const average = tookMs < TELLING_MS ? 0 : ((done.cpuSeconds ?? 0) * 1000) / tookMs;
  return average > 1 && threads > 1 && !state.isShort ? Math.min(1, average / threads) : null;
}
