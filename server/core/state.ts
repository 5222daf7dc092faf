import type { Refusal } from '../protocol/errors';
import type { Eviction, NotEnforced, Reason } from '../protocol/facts';
import type { Grant } from '../protocol/grant';
import type { Hints } from '../protocol/hints';
import type { ClaimView, StoryLine } from '../protocol/view';
import type { Confinement, Effect } from './effects';
import type { Claim, GpuUse, Holder, HolderUse, NodeFacts, PolicyName } from './events';
import type { Allocation, CpuPool } from './cpu/cpuPool';
import type { Guard } from './memory/memoryGuard';
import type { Profiles } from './policy/profiles';
import type { Leaf, ShareNode, ShareTree } from './policy/shareTree';

/** What a running claim, or a hold, was given exclusively. */
export type Lease = {
  /** Where it is pinned; null if it is not. */
  readonly allocation: Allocation | null;
  /** CPUs promised: `n` of a fixed ask, the minimum of a range, 0 for auto. */
  readonly promisedCpus: number;
  /** Whether it started while others required CPUs, and so does not block them (ADM7). */
  yieldsCpus: boolean;
  /** What a pinned set may grow to; equal to what is promised, except for ranges. */
  readonly cpusMax: number;
  readonly memoryBytes: number | null;
  readonly gpus: readonly string[];
  readonly gpuMemoryBytes: number | null;
};

/** When the head of a queue should start at the latest, as far as known. */
export type Reservation = {
  /** Infinity if the end of what it waits for is unknown. */
  readonly atMs: number;
  /** Claims whose end it waits for. */
  readonly after: readonly ClaimEntry[];
};

/** A claim that waits, holding nothing (ADM5). */
type Waiting = {
  readonly state: 'waiting';
  reason: Reason;
  /** From 1, in the queue of the reason's resource. */
  position: number;
  /** Only the head of a queue has one (ADM6). */
  reservation: Reservation | null;
  /** How many later claims were granted before it. */
  passedBy: number;
};

/** A running claim that will be interrupted for another (FAIR4). */
type Evicting = {
  readonly atMs: number;
  readonly why: Eviction;
  /** The waiting claim that it makes room for; null if it exceeded a limit of its own group. */
  readonly beneficiary: ClaimEntry | null;
  told: boolean;
};

/** A claim whose cell runs. */
export type Running = {
  readonly state: 'running';
  readonly grantedMs: number;
  readonly lease: Lease;
  grant: Grant;
  /** Its node in the tree of shares; null for exclusive CPUs, which are not in it. */
  leaf: Leaf | null;
  /** Its mask, if shares are enforced by masks. */
  mask: Allocation | null;
  /** Its level of attained service, from 0 (CPU7). */
  serviceLevel: number;
  /** CPU seconds of its holder when it was granted; null before it was measured. */
  cpuSecondsAtGrant: number | null;
  cpuSeconds: number;
  memoryPeakBytes: number | null;
  cpusPeak: number;
  /** Whether it ever used all that it could: then its peak does not show its demand. */
  wasLimited: boolean;
  eviction: Evicting | null;
  /** How long its group allowed it to run when it started (FAIR4); null for no limit. */
  readonly maxRuntimeMs: number | null;
  /** Whether its lease outlives it, for the next cells (ADM9). */
  keeps: boolean;
  /** Which part of its grant could not be enforced (ENF6). */
  notEnforced: NotEnforced | null;
  readonly guard: Guard;
};

/** An ended claim. */
export type Done = {
  readonly state: 'done';
  readonly grantedMs: number | null;
  readonly endedMs: number;
  readonly outcome: Extract<ClaimView, { state: 'done' }>['outcome'];
  readonly why: Refusal | null;
  readonly grant: Grant | null;
  readonly cpuSeconds: number | null;
  readonly memoryPeakBytes: number | null;
};

/** One claim throughout its life. */
export type ClaimEntry = {
  readonly claim: Claim;
  readonly holder: HolderEntry;
  /** The cell of the same kernel during which this one was started; null if none. */
  readonly outer: ClaimEntry | null;
  readonly arrivedMs: number;
  readonly story: StoryLine[];
  phase: Waiting | Running | Done;
};

/** A running claim. */
export type RunningEntry = ClaimEntry & { phase: Running };

/** A waiting claim. */
export type WaitingEntry = ClaimEntry & { phase: Waiting };

/** One holder and what it has. */
export type HolderEntry = {
  holder: Holder;
  /** Its owner in the tree of shares. */
  user: ShareNode;
  /** The holder whose process started it, and those that its own processes started (ADM10). */
  parent: HolderEntry | null;
  readonly children: Set<HolderEntry>;
  /** The last confinement that was ordered. */
  confined: Confinement;
  /** Whether what is written may differ from the last order: then it is ordered again. */
  isStale: boolean;
  /** Since when it is idle, waiting or running. */
  sinceMs: number;
  readonly waiting: Set<WaitingEntry>;
  readonly running: Set<RunningEntry>;
  /** A grant kept across cells (ADM9). */
  held: { readonly lease: Lease; readonly claimId: string; sinceMs: number } | null;
  /** GPUs it is bound to until it ends, in the order CUDA sees them (GPU2). */
  boundGpus: readonly string[];
  /** Where its last pinned set was: a sticky preference (CPU5). */
  lastPinned: readonly number[];
  use: HolderUse | null;
  /** What last counted against its memory limit (MEM3); meaningless without a limit. */
  limitedBytes: number | null;
  /** The larger of resident and promised, less what its children draw on, as counted in the ledger. */
  committedBytes: number;
  /** CPUs promised to it, less what its children draw on, as counted in the pool. */
  committedCpus: number;
  /** Its dominant share of the node in use now, as counted for its user (FAIR3). */
  useRate: number;
  /** When it was last asked to free GPU memory (GPU5). */
  askedToFreeMs: number | null;
  /** The claim whose owner requests its restart, and whether that was declined (GPU5). */
  restartWanted: { readonly claimId: string; readonly atMs: number; declined: boolean } | null;
};

/** What the arbiter knows. Owned and updated in place by `step`. */
export type State = {
  nowMs: number;
  /** Grows with every step. */
  revision: number;
  node: NodeFacts | null;
  /** The node's own memory reserve, and the configured one that replaces it. */
  foundReserveBytes: number;
  configuredReserveBytes: number | null;
  /** The node's default hints. */
  defaults: Hints;
  policy: PolicyName;
  readonly holders: Map<string, HolderEntry>;
  /** Holders that keep a grant across cells. */
  readonly keeping: Set<HolderEntry>;
  readonly claims: Map<string, ClaimEntry>;
  readonly running: Set<RunningEntry>;
  /** Running claims that have something that others queue for. */
  readonly leasing: Set<RunningEntry>;
  /** Iterates over the running claims, a few at each step. */
  round: Iterator<RunningEntry>;
  /** Running claims that are confined by a mask of their share. */
  readonly masked: Set<RunningEntry>;
  /** Those of them that have more than one CPU: about as many as there are CPUs at most. */
  readonly wide: Set<RunningEntry>;
  /** Running claims that will be evicted for others (FAIR4). */
  readonly evicting: Set<RunningEntry>;
  /** The holder that runs alone, and may start at once cells that ask for nothing (GATE6). */
  standing: HolderEntry | null;
  /** Claims granted in this step, which are still to be placed. */
  readonly touched: Set<RunningEntry>;
  /** Whether running cells want more CPUs than there are. */
  isShort: boolean;
  /** Waiting claims, in ADM6 order. */
  queue: WaitingEntry[];
  /** Those of them that require CPUs (CPU1). */
  readonly insisting: Set<WaitingEntry>;
  /** Whether something happened that may admit a waiting claim. */
  mayAdmit: boolean;
  /** Ended claims, oldest first, bounded. */
  readonly done: Set<ClaimEntry>;
  /** The last ended one, by holder and cell. */
  readonly doneByCell: Map<string, ClaimEntry>;
  pool: CpuPool;
  shares: ShareTree;
  /** Sum over holders of the larger of resident and promised. */
  committedBytes: number;
  /** Leases on each GPU, by UUID. */
  readonly gpuLeases: Map<string, Map<Lease, HolderEntry>>;
  /** Holders bound to each GPU, by UUID (GPU2). */
  readonly gpuBound: Map<string, number>;
  readonly gpuUse: Map<string, GpuUse>;
  readonly profiles: Profiles;
  cpusBusy: number | null;
  memoryUsedBytes: number | null;
  memoryPressure: number | null;
  memoryAvailableBytes: number | null;
  /** Memory that others hold on the whole machine, which may exceed what is handed out; null if not measured yet. */
  others: { readonly bytes: number; readonly totalBytes: number } | null;
  notices: readonly string[];
  /** Holders whose confinement may have to change at the end of this step. */
  readonly dirty: Set<HolderEntry>;
  /** Holders that keep something else across cells since this step. */
  readonly rekept: Set<HolderEntry>;
  /** Effects of this step that follow the confinements. */
  messages: Effect[];
};

/** Whether a claim runs. */
export function isRunning(entry: ClaimEntry): entry is RunningEntry {
  return entry.phase.state === 'running';
}

/** Whether a claim waits. */
export function isWaiting(entry: ClaimEntry): entry is WaitingEntry {
  return entry.phase.state === 'waiting';
}
