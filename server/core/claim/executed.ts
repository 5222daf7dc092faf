import type { Execution, Used } from '../../protocol/execution';
import type { ClaimEntry, Done, HolderEntry, Running } from '../entries';
import { groupPathOf } from '../viewGroups';
import { meanUtilisation } from './peaks';

/** The record of an execution that has just ended. */
export function executionOf(entry: ClaimEntry, done: Done, running: Running | null): Execution {
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
    endedMs: Math.max(done.endedMs, done.grantedMs ?? arrivedMs),
    thinkMs: entry.thinkMs,
    outcome: done.outcome,
    ask: claim.ask,
    grant: done.grant,
    used: running && usedIn(running, done, holder)
  };
}

function usedIn({ peaks }: Running, done: Done, { use }: HolderEntry): Used {
  return {
    cpuSeconds: done.cpuSeconds,
    cpusPeak: peaks.cpus,
    memoryPeakBytes: peaks.memoryBytes,
    memoryKeptBytes: use?.memoryBytes ?? null,
    threadsPeak: peaks.threads,
    processesPeak: peaks.processes,
    gpuMemoryPeakBytes: peaks.gpuMemoryBytes,
    gpuUtilisation: meanUtilisation(peaks)
  };
}
