import type { CpuSet } from './cpuset';
import type { Basis } from './prediction';

/**
 * Why cells wait and what happened to them, as facts: who, what, how much, since
 * when. Only `sentences.ts` turns them into words.
 */

/** What can be enforced, and waited for. */
export type Resource = 'cpus' | 'memory' | 'gpus';

/** What a claim wants and may wait for: a resource, or that fewer cells run (CAP3). */
export type Wanted = Resource | 'cells';

/** Whose cap it is: all of a group (`all` is everybody), or one user in it (CAP1). */
export type CapOwner = { readonly group: string; readonly user: string | null };

/** A cap on what a claim waits for, in CPUs, bytes, GPUs or cells. */
type CapName = CapOwner & { readonly most: number };

/** A holder, with its name and its user's at the time of the fact. */
export type Named = {
  readonly holderId: string;
  readonly holderName: string;
  readonly owner: string;
};

/** A GPU by its permanent name and its number; null if the node no longer has it. */
export type GpuName = { readonly uuid: string; readonly index: number | null };

/** Memory as its author wrote it (MEM6), or, with a basis, as past runs needed it (LEARN4). */
export type MemoryNeed = {
  readonly kind: 'memory';
  readonly bytes: number;
  readonly basis?: Basis;
};

/** What a claim waits for. */
export type Need =
  | { readonly kind: 'cpus'; readonly count: number; readonly isExclusive: boolean }
  | MemoryNeed
  /** `eachBytes` of the memory of each, as its author wrote it; null for all. */
  | { readonly kind: 'gpus'; readonly count: number; readonly eachBytes: number | null }
  /** To run, beside others of the same cap. */
  | { readonly kind: 'cells'; readonly count: number };

/** What a holder has of that. */
export type Holding =
  | { readonly kind: 'cells'; readonly count: number }
  | { readonly kind: 'gpus'; readonly count: number }
  | { readonly kind: 'cpus'; readonly count: number }
  /** Granted as an author wrote it, or kept as measured. */
  | { readonly kind: 'memory'; readonly bytes: number; readonly isGranted: boolean }
  | { readonly kind: 'gpu'; readonly gpu: GpuName }
  /** As measured, without a lease. */
  | { readonly kind: 'gpuMemory'; readonly gpu: GpuName; readonly bytes: number };

/** An administrator drains the node: nothing new is granted (ADMIN2). */
export type Drain = {
  /** The administrator's name. */
  readonly by: string;
  readonly why: string | null;
  /** ms since the epoch. */
  readonly sinceMs: number;
};

/** A holder that blocks a claim. */
export type Blocker = Named & {
  /** The claim that runs, or the one whose grant is kept (ADM9); null for neither. */
  readonly claimId: string | null;
  readonly label: string | null;
  /** Since when it runs or is idle, ms since the epoch. */
  readonly sinceMs: number;
  readonly holds: Holding;
  /** GPU memory that it keeps while idle, which a free or a restart releases (GPU5). */
  readonly keepsGpuBytes: number;
};

/** Holders that are not named, and what they keep together (API4). */
export type Rest = {
  readonly count: number;
  /** Whether none of them runs anything. */
  readonly isIdle: boolean;
  /** Whether all of them are. */
  readonly areKernels: boolean;
  readonly keeps: Holding;
};

/** The process without a lease that holds most of some GPUs, and how many others hold some (GPU4). */
export type Stranger = {
  readonly gpu: GpuName;
  readonly bytes: number;
  readonly pid: number;
  readonly name: string;
  /** Null if unknown. */
  readonly owner: string | null;
  readonly more: number;
};

/** What keeps a claim waiting. */
export type WaitFact =
  /**
   * Others have it: the blockers, `more` of them, those that are not named, and
   * processes that are no kernels (ADM14; null if these do not matter).
   */
  | {
      readonly kind: 'held';
      readonly need: Need;
      readonly more: number;
      readonly rests: readonly Rest[];
      readonly othersBytes: number | null;
    }
  /** CAP2: its user or its group has as much as it may have, or too little below that is left. */
  | {
      readonly kind: 'capped';
      readonly need: Need;
      readonly cap: CapName;
      readonly more: number;
      readonly rests: readonly Rest[];
    }
  /** Too little is free, and there is nobody to name: CPUs, or bytes of memory. */
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
  /** It lacks nothing, but another comes first (ADM6); `within` a cap that both are subject to, or absent. */
  | { readonly kind: 'turn'; readonly before: Named; readonly within?: CapOwner }
  | { readonly kind: 'recovering'; readonly atMostMs: number }
  | { readonly kind: 'drained'; readonly drain: Drain }
  /** No admission cycle has considered it yet. */
  | { readonly kind: 'unseen' };

/** Why a claim waits. */
export type Reason = WaitFact & {
  readonly resource: Wanted;
  /** At most three, largest first (API4). */
  readonly blockers: readonly Blocker[];
};

/** Why a running cell is evicted (FAIR4, ADMIN4). */
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
  | { readonly kind: 'runtime'; readonly group: string; readonly mostMs: number }
  /** By an administrator. */
  | { readonly kind: 'ordered'; readonly by: string; readonly why: string | null };

/** What of a grant is not in force (ENF6). */
export type NotEnforced =
  | { readonly kind: 'failed'; readonly what: string; readonly errno: string }
  /** It started while the sidecar did not answer (GATE5). */
  | { readonly kind: 'ungranted' };

/** What was granted, its GPUs by number. */
export type Granted = {
  readonly cpus: CpuSet | null;
  readonly threads: number | null;
  readonly memoryBytes: number | null;
  readonly gpus: readonly GpuName[];
};
