import type { CpuSet } from './cpuset';
import type { Refusal } from './errors';
import type { HolderKind } from './holder';

/**
 * Why cells wait and what became of them, as facts: who, what, how much, since
 * when. `sentences.ts` alone turns them into words.
 */

/** What can be enforced, and waited for. */
export type Resource = 'cpus' | 'memory' | 'gpus';

/** A holder by its name when something was told of it. */
export type Named = { readonly holderId: string; readonly holderName: string };

/** A GPU by what names it for good, and by its number; null where the node has it no more. */
export type GpuName = { readonly uuid: string; readonly index: number | null };

/** What a claim waits for. */
export type Need =
  | { readonly kind: 'cpus'; readonly count: number; readonly isExclusive: boolean }
  /** As its author wrote it (MEM6). */
  | { readonly kind: 'memory'; readonly bytes: number }
  /** `eachBytes` of the memory of each, as its author wrote it; null for all. */
  | { readonly kind: 'gpus'; readonly count: number; readonly eachBytes: number | null };

/** What somebody has of that. */
export type Holding =
  | { readonly kind: 'cpus'; readonly count: number }
  /** Granted as an author wrote it, or kept as measured. */
  | { readonly kind: 'memory'; readonly bytes: number; readonly isGranted: boolean }
  | { readonly kind: 'gpu'; readonly gpu: GpuName }
  /** As measured, without a lease. */
  | { readonly kind: 'gpuMemory'; readonly gpu: GpuName; readonly bytes: number };

/** Who stands in the way. */
export type Blocker = Named & {
  readonly owner: string;
  /** The claim that runs, or the one whose grant is kept (ADM9); null for neither. */
  readonly claimId: string | null;
  readonly label: string | null;
  /** Since when it runs, or rests, ms since the epoch. */
  readonly sinceMs: number;
  readonly holds: Holding;
  /** GPU memory that it keeps while it runs nothing, which a free or a restart gives back (GPU5). */
  readonly keepsGpuBytes: number;
};

/** Kernels that are not worth a name, and what they keep together (API4). */
export type Rest = {
  readonly count: number;
  /** Whether none of them runs anything. */
  readonly isIdle: boolean;
  readonly keeps: Holding;
};

/** The process from outside that holds most of some GPUs, and how many more do (GPU4). */
export type Stranger = {
  readonly gpu: GpuName;
  readonly bytes: number;
  readonly pid: number;
  readonly name: string;
  /** Null where that cannot be told. */
  readonly owner: string | null;
  readonly more: number;
};

/** What keeps a claim waiting. */
export type WaitFact =
  /**
   * Others have it: the blockers, so many `more`, those not worth a name, and
   * who is no kernel (ADM14; null where that does not matter).
   */
  | {
      readonly kind: 'held';
      readonly need: Need;
      readonly more: number;
      readonly rests: readonly Rest[];
      readonly othersBytes: number | null;
    }
  /** Too little is free, and nobody is to be named: CPUs, or bytes of memory. */
  | { readonly kind: 'scarce'; readonly need: Need; readonly left: number }
  /** PSI of memory, in percent (MEM1). */
  | { readonly kind: 'pressure'; readonly need: Need; readonly percent: number }
  /** Memory that the whole node has left (MEM1). */
  | { readonly kind: 'nodeFull'; readonly need: Need; readonly leftBytes: number }
  /** GPU7; `isBound`: its kernel can be given no other until it restarts (GPU2). */
  | {
      readonly kind: 'gpusLost';
      readonly need: Need;
      readonly gpus: readonly GpuName[];
      readonly isBound: boolean;
    }
  | { readonly kind: 'stranger'; readonly need: Need; readonly stranger: Stranger }
  /** Processes without a lease have its memory, and none of them can be named. */
  | { readonly kind: 'unleased'; readonly need: Need }
  /** It lacks nothing, but another comes first (ADM6). */
  | { readonly kind: 'turn'; readonly before: Named }
  | { readonly kind: 'recovering'; readonly atMostMs: number }
  /** No cycle has looked at it yet. */
  | { readonly kind: 'unseen' };

/** Why a claim waits. */
export type Reason = WaitFact & {
  readonly resource: Resource;
  /** At most three, those that have most first (API4). */
  readonly blockers: readonly Blocker[];
};

/** Why a running cell has to go (FAIR4). */
export type Eviction =
  | {
      readonly kind: 'owed';
      /** Who it makes room for, and its group. */
      readonly to: Named;
      readonly toGroup: string;
      readonly waitedMs: number;
      readonly group: string;
      /** Work that is lost. */
      readonly ranMs: number;
      readonly victims: 'mostOverQuota' | 'worstRecentUse' | 'leastLostWork';
    }
  | { readonly kind: 'runtime'; readonly group: string; readonly mostMs: number };

/** What of a grant is not in force (ENF6). */
export type NotEnforced =
  | { readonly kind: 'failed'; readonly what: string; readonly errno: string }
  /** It began while nobody answered (GATE5). */
  | { readonly kind: 'ungranted' };

/** What was granted, its GPUs by number. */
export type Granted = {
  readonly cpus: CpuSet | null;
  readonly threads: number | null;
  readonly memoryBytes: number | null;
  readonly gpus: readonly GpuName[];
};

/** One thing that happened to a claim (API2). */
export type StoryFact =
  | { readonly kind: 'claimed' }
  | { readonly kind: 'inside'; readonly outer: Named }
  | { readonly kind: 'waits'; readonly reason: Reason }
  | { readonly kind: 'passes'; readonly before: Named }
  | { readonly kind: 'givenUp'; readonly by: HolderKind }
  | { readonly kind: 'nodeUnknown' }
  | { readonly kind: 'granted'; readonly granted: Granted; readonly waitedMs: number }
  | { readonly kind: 'grantedFromKept' }
  | { readonly kind: 'takenOver' }
  | { readonly kind: 'startedUnasked' }
  /** It was let loose, or let itself loose, and is held again (ENF5). */
  | { readonly kind: 'broughtBack'; readonly what: string }
  | { readonly kind: 'moved'; readonly cpus: CpuSet }
  | { readonly kind: 'gpuLost'; readonly gpu: GpuName }
  /** Refused, interrupted, killed or not enforced, by an entry of the catalogue. */
  | { readonly kind: 'told'; readonly refusal: Refusal }
  /** It had let itself loose, and is held again (ENF5); `what` it had done. */
  | { readonly kind: 'broughtBack'; readonly what: string }
  | { readonly kind: 'ended'; readonly isKept: boolean }
  | { readonly kind: 'holdExpired'; readonly idleMs: number }
  | { readonly kind: 'holdReleased'; readonly by: string }
  | { readonly kind: 'holdWanted'; readonly by: Named }
  | { readonly kind: 'toBeEvicted'; readonly inMs: number; readonly why: Eviction }
  | { readonly kind: 'evicted'; readonly why: Eviction }
  | { readonly kind: 'spared' }
  | {
      readonly kind: 'roomMade';
      readonly by: Named;
      readonly inMs: number;
      readonly lostMs: number;
    }
  | { readonly kind: 'askedToFree'; readonly keeper: Named }
  | { readonly kind: 'beside'; readonly stranger: Stranger }
  | {
      readonly kind: 'keptBeside';
      readonly keeper: Named;
      readonly gpu: GpuName;
      readonly bytes: number;
      readonly isAsked: boolean;
    }
  | { readonly kind: 'restartAsked'; readonly keeper: Named }
  | { readonly kind: 'restartDeclined'; readonly keeper: Named };
