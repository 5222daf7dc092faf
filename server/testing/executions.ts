import { NOTHING_ASKED } from '../protocol/ask';
import type { Execution } from '../protocol/execution';
import type { HistoryQuery } from '../protocol/historyQuery';

/** The first second of 2026, UTC. */
export const NEW_YEAR_MS = Date.UTC(2026, 0, 1);

const USED = {
  cpuSeconds: 6,
  cpusPeak: 2,
  memoryBeforeBytes: 100,
  memoryPeakBytes: 500,
  wasLimited: false,
  efficiency: 0.5,
  memoryKeptBytes: 100,
  threadsPeak: 4,
  processesPeak: 1,
  gpuMemoryPeakBytes: null,
  gpuUtilisation: 0.5
};

/** An execution that arrived a second, was granted, and ran for four, of two CPUs and a GPU. */
export function executionAt(endedMs: number, over: Partial<Execution> = {}): Execution {
  return {
    claimId: `claim ${endedMs}`,
    holderId: 'kernel-1',
    holderKind: 'kernel',
    holderName: 'a.ipynb',
    notebook: 'work/a.ipynb',
    owner: 'ann',
    group: 'atlas/prod',
    cellId: 'cell-1',
    label: 'In [1]',
    sourceHash: 'f00',
    arrivedMs: endedMs - 5000,
    grantedMs: endedMs - 4000,
    endedMs,
    thinkMs: null,
    outcome: 'ok',
    ask: { ...NOTHING_ASKED, cpus: { kind: 'fixed', n: 2 }, memoryBytes: 1000, gpus: 1 },
    grant: { cpus: [0, 1], threads: 2, memoryBytes: 1000, gpus: ['GPU-0'], asked: true },
    used: USED,
    ...over
  };
}

/** A question for everything. */
export const ALL: HistoryQuery = {
  fromMs: 0,
  toMs: Date.UTC(2100, 0, 1),
  after: null,
  limit: 1000,
  fromEnd: false,
  notebook: null,
  owner: null,
  holderId: null,
  cellId: null
};
