import type { Execution, Used } from '../../protocol/execution';
import type { LastRun } from '../../protocol/prediction';
import type { Event } from '../events';
import type { State } from '../state';
import { keepLast, keysOf, profilesFor, type Learned } from './learned';
import { recordRun, type CpuRun, type Run } from './profile';

/**
 * Learn from one execution (LEARN1), in a time that does not grow with what is known.
 *
 * #### Notes
 * Its record is all that is learned from, so that history teaches a new sidecar the same (LEARN3).
 */
export function learnFrom(learned: Learned, execution: Execution): void {
  const { used, grantedMs, endedMs } = execution;
  if (used === null || grantedMs === null) {
    return; // it never ran
  }
  const keys = keysOf(execution);
  const tookMs = endedMs - grantedMs;
  const run = runOf(execution.outcome === 'ok', tookMs, used);
  profilesFor(learned, keys).forEach(profile => recordRun(profile, run));
  keepLast(learned, keys, lastOf(execution, tookMs, used));
}

/** What earlier sidecars recorded, oldest first: as if it had been lived through here. */
export function onRemembered(
  state: State,
  { executions }: Extract<Event, { type: 'remembered' }>
): void {
  executions.forEach(it => learnFrom(state.learned, it));
}

function runOf(isWhole: boolean, tookMs: number, used: Used): Run {
  const { memoryBeforeBytes: before, memoryPeakBytes: peak, gpuMemoryPeakBytes: gpuBytes } = used;
  const addedBytes = before === null || peak === null ? null : Math.max(0, peak - before);
  return { isWhole, cpu: cpuRunOf(tookMs, used), addedBytes, gpuBytes };
}

function cpuRunOf(tookMs: number, used: Used): CpuRun | null {
  const { cpuSeconds, wasLimited, efficiency } = used;
  const average = cpuSeconds === null || tookMs < 1 ? 0 : (cpuSeconds * 1000) / tookMs;
  const cpusPeak = Math.max(average, used.cpusPeak ?? 0);
  return cpusPeak === 0 ? null : { tookMs, cpusPeak, wasLimited, efficiency };
}

function lastOf({ endedMs, outcome }: Execution, tookMs: number, used: Used): LastRun {
  const { cpusPeak, memoryPeakBytes, gpuMemoryPeakBytes } = used;
  return { endedMs, tookMs, outcome, cpusPeak, memoryPeakBytes, gpuMemoryPeakBytes };
}
