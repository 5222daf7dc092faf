import type { CpuSet } from '../protocol/cpuset';
import type { Refusal } from '../protocol/errors';
import type { ExecutionOutcome } from '../protocol/execution';
import type { CapOwner, Eviction, NotEnforced, Reason, Wanted } from '../protocol/facts';
import type { Grant } from '../protocol/grant';
import type { Prediction } from '../protocol/prediction';
import type { StoryLine } from '../protocol/view';
import type { Counted, Counts } from './cap/counts';
import type { CapOrder } from './cap/capOrders';
import type { Peaks } from './claim/peaks';
import type { Confinement } from './effects';
import type { Claim, Holder, HolderUse, NodeFacts } from './events';
import type { Keys } from './learn/learned';
import type { Guard } from './memory/memoryGuard';
import type { Leaf, ShareNode } from './policy/shareTree';

/**
 * CPUs that one holder is allocated.
 *
 * #### Notes
 * `pinned` was asked for (CPU2), `exclusive` is alone on its CPUs (CPU6), `share`
 * is the mask of a claim that asked nothing, on a tier without weights. An allocation
 * may be moved: then `cpus` is another set of the same size.
 */
export type Allocation = {
  readonly kind: 'pinned' | 'exclusive' | 'share';
  readonly holder: HolderEntry;
  cpus: CpuSet;
  /** How much of each of its CPUs it is counted with: 1 for whole ones, 0 for a kept one that nobody runs on. */
  each: number;
  /** An exclusive one that is inside another, and leaves room for more of its kind there (ADM10). */
  readonly isShared?: boolean;
};

/**
 * What all of a group, or one user in it, may have at once and has (CAP1).
 *
 * #### Notes
 * Exists only where the configuration has a cap, and while there is a holder to count.
 */
export type Account = {
  readonly key: string;
  readonly owner: CapOwner;
  /** The administrator's order that caps it (ADMIN7); null if only the configuration does. */
  readonly order: CapOrder | null;
  /** Infinity for what is not capped. */
  readonly most: Readonly<Counts>;
  readonly used: Counts;
  /** The names of the queues for each thing below its cap. */
  readonly lines: { readonly [what in Wanted]: string };
  readonly holders: Set<HolderEntry>;
  /** Their running claims, and their waiting ones. */
  readonly running: Set<RunningEntry>;
  readonly waiting: Set<WaitingEntry>;
  /** Kernels that are being launched, by id. */
  readonly launching: Set<string>;
};

/** What a claim, or its end, changes in an account, of something that is capped there. */
export type Change = {
  readonly account: Account;
  readonly what: Counted;
  readonly amount: number;
};

/** What a claim needs of caps, and of which accounts and which count of its holder that was computed. */
type KnownNeeds = {
  readonly accounts: readonly Account[];
  readonly recounts: number;
  readonly changes: readonly Change[];
};

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
  /** Instead of that: what it is expected to need, which is promised to it, but is no limit (LEARN4). */
  expectedBytes: number | null;
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

/** An arrival, by which claims take turns (ADM6). */
type Turn = { readonly arrivedMs: number; readonly claimId: string };

/** A claim that waits, holding nothing (ADM5). */
type Waiting = {
  readonly state: 'waiting';
  reason: Reason;
  /** Whose cap keeps it waiting, or keeps it behind others (CAP2); null if none does. */
  cap: Account | null;
  /** The queue that it waits in: a resource's, or a cap's. */
  line: string;
  /** From 1, in that queue. */
  position: number;
  /** Only the head of a queue has one (ADM6). */
  reservation: Reservation | null;
  /** How many later claims were granted before it. */
  passedBy: number;
  /** The node, and the GPUs of its kernel, for which it was found possible (ADM3); null before. */
  possible: { readonly node: NodeFacts; readonly boundGpus: readonly string[] } | null;
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
  /** CPU seconds of its holder when it was granted, or else when it was first measured; null before. */
  cpuSecondsAtGrant: number | null;
  cpuSeconds: number;
  /** What its holder kept when it was granted; null if that is not known. */
  readonly memoryBeforeBytes: number | null;
  readonly peaks: Peaks;
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
  readonly outcome: ExecutionOutcome;
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
  /** Where it stands among those that neither priority nor fair share tells apart: its arrival, or that of another of its user's (ADM15). */
  turn: Turn;
  /** How long its holder had been idle when it arrived; null if it had run nothing before, or runs something. */
  readonly thinkMs: number | null;
  readonly story: StoryLine[];
  /** By what past executions of it are found. */
  readonly keys: Keys;
  /** What it should use, as known when it arrived. */
  readonly predicted: Prediction | null;
  /** The memory that it waits for although it named none (LEARN4); null if it waits for none, or no longer. */
  expectedBytes: number | null;
  /** What it needs of caps, as computed last; null before. */
  needs: KnownNeeds | null;
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
  /** When its last execution ended; null before the first one. */
  lastEndedMs: number | null;
  readonly waiting: Set<WaitingEntry>;
  readonly running: Set<RunningEntry>;
  /** A grant kept across cells (ADM9). */
  held: { readonly lease: Lease; readonly claimId: string; sinceMs: number } | null;
  /** GPUs it is bound to until it ends, in the order CUDA sees them (GPU2). */
  boundGpus: readonly string[];
  /** Where its last pinned set was: a sticky preference (CPU5). */
  lastPinned: CpuSet;
  use: HolderUse | null;
  /** What last counted against its memory limit (MEM3); meaningless without a limit. */
  limitedBytes: number | null;
  /** The larger of resident and promised, less what its children draw on, as counted in the ledger. */
  committedBytes: number;
  /** CPUs promised to it, less what its children draw on, as counted in the pool. */
  committedCpus: number;
  /** The accounts that it counts in, and what it counts with, less what its children draw on (CAP1). */
  accounts: readonly Account[];
  counts: Counts;
  /** How often it was counted for caps: with what it and those inside it have, this changes. */
  recounts: number;
  /** Its dominant share of the node in use now, as counted for its user (FAIR3). */
  useRate: number;
  /** When it was last asked to free GPU memory (GPU5). */
  askedToFreeMs: number | null;
  /** The claim whose owner requests its restart, and whether that was declined (GPU5). */
  restartWanted: { readonly claimId: string; readonly atMs: number; declined: boolean } | null;
};

/** Whether a claim runs. */
export function isRunning(entry: ClaimEntry): entry is RunningEntry {
  return entry.phase.state === 'running';
}

/** Whether a claim waits. */
export function isWaiting(entry: ClaimEntry): entry is WaitingEntry {
  return entry.phase.state === 'waiting';
}
