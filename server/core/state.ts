import type { Grant } from '../protocol/grant';
import type { ClaimView, Reason, StoryLine } from '../protocol/view';
import { UNCONFINED, type Confinement, type Effect } from './effects';
import type { Claim, GpuUse, Holder, HolderUse, NodeFacts, PolicyName } from './events';
import { createCpuPool, type CpuPool } from './place/cpuPool';
import { createProfiles, type Profiles } from './policy/profiles';
import type { UserUse } from './policy/fairness';

/** What a running claim, or a hold, has been given and nobody else may have. */
export type Lease = {
  /** CPU ids that the holder is pinned to, ascending; null where it is not. Moves (CPU6). */
  pinned: readonly number[] | null;
  readonly exclusive: boolean;
  /** CPUs promised: `n` of a fixed ask, the least of a range, 0 for auto. */
  readonly promisedCpus: number;
  /** What a pinned set may grow to; equal to its size but for ranges. */
  readonly cpusMax: number;
  readonly memoryBytes: number | null;
  readonly gpus: readonly string[];
  readonly gpuMemoryBytes: number | null;
};

/** A claim that waits, holding nothing (ADM5). */
export type Waiting = {
  readonly state: 'waiting';
  reason: Reason;
  /** From 1, in the queue of the reason's resource. */
  position: number;
  etaMs: number | null;
  etaBasis: string | null;
  /** How many later claims were granted before it. */
  passedBy: number;
};

/** A claim whose cell runs. */
export type Running = {
  readonly state: 'running';
  readonly grantedMs: number;
  readonly lease: Lease;
  grant: Grant;
  /** CPUs that it could use, as far as is known (CPU4). */
  demand: number;
  /** The most it could ever use: its threads, its ask. */
  readonly demandMax: number;
  /** CPU seconds of its holder when it was granted. */
  readonly cpuSecondsAtGrant: number | null;
  memoryPeakBytes: number | null;
  cpusPeak: number;
};

/** A claim that is over. */
export type Done = {
  readonly state: 'done';
  readonly grantedMs: number | null;
  readonly endedMs: number;
  readonly outcome: Extract<ClaimView, { state: 'done' }>['outcome'];
  readonly message: string | null;
  readonly grant: Grant | null;
  readonly cpuSeconds: number | null;
  readonly memoryPeakBytes: number | null;
};

/** One claim through its life. */
export type ClaimEntry = {
  readonly claim: Claim;
  readonly holder: HolderEntry;
  readonly arrivedMs: number;
  readonly story: StoryLine[];
  phase: Waiting | Running | Done;
};

/** One holder and what it has. */
export type HolderEntry = {
  holder: Holder;
  readonly arrivedMs: number;
  /** The last confinement that was ordered. */
  confined: Confinement;
  /** Since when it is idle, waiting or running. */
  sinceMs: number;
  readonly waiting: Set<ClaimEntry>;
  readonly running: Set<ClaimEntry>;
  /** A grant kept across cells (ADM9). */
  held: { readonly lease: Lease; readonly claimId: string; sinceMs: number } | null;
  /** GPUs it is bound to until it ends, in the order CUDA sees them (GPU2). */
  boundGpus: readonly string[];
  /** Where its last pinned set was: a sticky preference (CPU5). */
  lastPinned: readonly number[];
  use: HolderUse | null;
  /** The larger of resident and promised, as counted in the ledger. */
  committedBytes: number;
};

/** What the arbiter knows. Owned and updated in place by `step`. */
export type State = {
  nowMs: number;
  /** Grows with every step. */
  revision: number;
  node: NodeFacts | null;
  policy: PolicyName;
  readonly holders: Map<string, HolderEntry>;
  readonly claims: Map<string, ClaimEntry>;
  readonly running: Set<ClaimEntry>;
  /** Waiting claims; in ADM6 order after each cycle. */
  queue: ClaimEntry[];
  /** Claims that are over, oldest first, bounded. */
  readonly done: Set<ClaimEntry>;
  pool: CpuPool;
  /** Sum over holders of the larger of resident and promised. */
  committedBytes: number;
  /** Leases on each GPU, by UUID. */
  readonly gpuLeases: Map<string, Map<Lease, HolderEntry>>;
  readonly gpuUse: Map<string, GpuUse>;
  readonly users: Map<string, UserUse>;
  readonly profiles: Profiles;
  cpusBusy: number | null;
  memoryUsedBytes: number | null;
  memoryPressure: number | null;
  notices: readonly string[];
  /** Holders whose confinement may have to change at the end of this step. */
  readonly dirty: Set<HolderEntry>;
  /** Effects of this step that follow the confinements. */
  messages: Effect[];
};

/** A state that knows nothing yet. */
export function createState(): State {
  return {
    nowMs: 0,
    revision: 0,
    node: null,
    policy: 'dynamic',
    holders: new Map(),
    claims: new Map(),
    running: new Set(),
    queue: [],
    done: new Set(),
    pool: createCpuPool([]),
    committedBytes: 0,
    gpuLeases: new Map(),
    gpuUse: new Map(),
    users: new Map(),
    profiles: createProfiles(),
    cpusBusy: null,
    memoryUsedBytes: null,
    memoryPressure: null,
    notices: [],
    dirty: new Set(),
    messages: []
  };
}

/** A holder that has just arrived. */
export function createHolder(holder: Holder, atMs: number): HolderEntry {
  return {
    holder,
    arrivedMs: atMs,
    confined: UNCONFINED,
    sinceMs: atMs,
    waiting: new Set(),
    running: new Set(),
    held: null,
    boundGpus: [],
    lastPinned: [],
    use: null,
    committedBytes: 0
  };
}
