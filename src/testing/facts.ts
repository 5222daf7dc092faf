import { NOTHING_ASKED } from '../../server/protocol/ask';
import { UNRESTRICTED } from '../../server/protocol/grant';
import type { LastRun, Usual } from '../../server/protocol/prediction';
import type { GpuView, HolderView, NodeView, Snapshot } from '../../server/protocol/view';
import type { ClaimIn } from '../arbiter/badge';

/** One GiB in bytes. */
export const GIB = 1024 ** 3;

/** The moment at which the facts below hold, in ms since the epoch. */
export const NOW_MS = 1_000_000;

const common = {
  id: 'c1',
  holderId: 'k1',
  holderName: 'work.ipynb',
  holderKind: 'kernel' as const,
  owner: 'ana',
  cellId: 'cell',
  label: '[1]',
  ask: NOTHING_ASKED,
  arrivedMs: NOW_MS - 10_000
};

/** A claim that waits for memory. */
export function waiting(its: Partial<ClaimIn<'waiting'>> = {}): ClaimIn<'waiting'> {
  return {
    ...common,
    state: 'waiting',
    position: 1,
    reason: {
      kind: 'held',
      resource: 'memory',
      need: { kind: 'memory', bytes: 14 * GIB },
      more: 0,
      rests: [],
      othersBytes: null,
      blockers: [
        {
          holderId: 'k2',
          holderName: 'holder.ipynb',
          owner: 'bo',
          claimId: 'c2',
          label: '[7]',
          sinceMs: NOW_MS - 60_000,
          holds: { kind: 'memory', bytes: 14 * GIB, isGranted: true },
          keepsGpuBytes: 0
        }
      ]
    },
    startsIn: null,
    predicted: null,
    ...its
  };
}

/** A claim that has run for five seconds. */
export function running(its: Partial<ClaimIn<'running'>> = {}): ClaimIn<'running'> {
  return {
    ...common,
    arrivedMs: NOW_MS - 5000,
    state: 'running',
    grantedMs: NOW_MS - 5000,
    grant: UNRESTRICTED,
    takes: null,
    predicted: null,
    cpusBusy: 1,
    memoryBytes: GIB,
    notEnforced: null,
    ...its
  };
}

/** A claim that ran for four seconds. */
export function done(its: Partial<ClaimIn<'done'>> = {}): ClaimIn<'done'> {
  return {
    ...common,
    arrivedMs: NOW_MS - 5000,
    state: 'done',
    grantedMs: NOW_MS - 5000,
    endedMs: NOW_MS - 1000,
    outcome: 'ok',
    why: null,
    grant: UNRESTRICTED,
    cpuSeconds: 8,
    memoryPeakBytes: 3 * GIB,
    ...its
  };
}

/** A run of four seconds that was recorded. */
export function lastRun(its: Partial<LastRun> = {}): LastRun {
  return {
    endedMs: NOW_MS - 1000,
    tookMs: 4000,
    outcome: 'ok',
    cpusPeak: 2,
    memoryPeakBytes: 3 * GIB,
    gpuMemoryPeakBytes: null,
    ...its
  };
}

/** What is known of a cell that ran once. */
export function usual(its: Partial<Usual> = {}): Usual {
  return { last: lastRun(), predicted: null, takes: null, ...its };
}

/** An idle kernel that keeps one GiB. */
export function kernel(its: Partial<HolderView> = {}): HolderView {
  return {
    id: 'k1',
    kind: 'kernel',
    name: 'work.ipynb',
    parentHolderId: null,
    pid: 1,
    owner: 'ana',
    group: 'all',
    state: 'idle',
    gated: true,
    sinceMs: NOW_MS - 1000,
    grant: null,
    cpusBusy: 0,
    memoryBytes: GIB,
    memoryLimitBytes: null,
    threads: 4,
    gpuMemoryBytes: null,
    boundGpus: [],
    askedToFreeMs: null,
    restartRequest: null,
    ...its
  };
}

/** A GPU that nobody uses. */
export function gpu(its: Partial<GpuView> = {}): GpuView {
  return {
    uuid: 'GPU-1',
    index: 0,
    model: 'NVIDIA H200',
    memoryBytes: 140 * GIB,
    memoryUsedBytes: 63 * GIB,
    utilisation: 0.41,
    temperatureC: 64,
    powerW: 299.6,
    leasedTo: [],
    processes: [],
    ...its
  };
}

/** A node of 4 CPUs and 16 GiB, 1 GiB of them in reserve. */
export function node(its: Partial<NodeView> = {}): NodeView {
  return {
    name: 'node',
    cpus: 4,
    cpuList: '0-3',
    cpusGranted: 0,
    cpusBusy: 1.5,
    memoryBytes: 16 * GIB,
    memoryReserveBytes: GIB,
    memoryUsedBytes: 2 * GIB,
    memoryPromisedBytes: 0,
    memoryKeptBytes: GIB,
    memoryOthersBytes: null,
    memoryGrantedBytes: GIB,
    gpus: [],
    tier: { name: 'cgroup-v1', enforced: ['cpus', 'memory'], notEnforced: [], reason: 'it works' },
    policy: 'dynamic',
    defaults: {},
    version: '0.1.0',
    drain: null,
    notices: [],
    ...its
  };
}

/** A quiet node. */
export function snapshot(its: Partial<Snapshot> = {}): Snapshot {
  return {
    revision: 1,
    atMs: NOW_MS,
    node: node(),
    holders: [],
    groups: [],
    caps: [],
    claims: [],
    ...its
  };
}
