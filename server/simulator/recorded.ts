import { NOTHING_ASKED } from '../protocol/ask';
import type { Execution, Used } from '../protocol/execution';

/** Nothing was measured. */
const NOT_MEASURED: Used = {
  cpuSeconds: null,
  cpusPeak: null,
  memoryBeforeBytes: null,
  memoryPeakBytes: null,
  memoryKeptBytes: null,
  threadsPeak: null,
  processesPeak: null,
  gpuMemoryPeakBytes: null,
  gpuUtilisation: null,
  wasLimited: false,
  efficiency: null
};

/** The record of a made-up execution of the harness's user, of which only what differs is said. */
export function recorded(parts: Partial<Execution> = {}, used: Partial<Used> = {}): Execution {
  return {
    claimId: 'past',
    holderId: 'k',
    holderKind: 'kernel',
    holderName: 'k',
    notebook: null,
    owner: 'user',
    group: 'all',
    cellId: null,
    label: null,
    sourceHash: null,
    arrivedMs: 0,
    grantedMs: 0,
    endedMs: 1000,
    thinkMs: null,
    outcome: 'ok',
    ask: NOTHING_ASKED,
    grant: null,
    used: { ...NOT_MEASURED, ...used },
    ...parts
  };
}
