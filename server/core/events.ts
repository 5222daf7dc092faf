import type { Ask } from '../protocol/ask';
import type { Caller } from '../protocol/caller';
import type { Grant } from '../protocol/grant';
import type { Refusal } from '../protocol/errors';
import type { HolderKind } from '../protocol/holder';
import type { Hints } from '../protocol/hints';
import type { SlicePlace, TierView } from '../protocol/view';
import type { Sharing } from './policy/groups';

/**
 * One CPU as the scheduler sees it. Numbers are the kernel's ids; `core` names
 * a physical core (hyper-threads share it), `cache` the last level cache and
 * `numa` the memory node, each unique over the node.
 */
export type Cpu = {
  readonly id: number;
  readonly core: number;
  readonly cache: number;
  readonly numa: number;
};

/** One GPU or MIG slice, as a thing that can be granted. */
export type Gpu = {
  readonly uuid: string;
  readonly index: number;
  readonly model: string;
  /** All that it can use, which other slices of its GPU instance may use too. */
  readonly memoryBytes: number;
  readonly slice?: SlicePlace;
};

/** What may be handed out. */
export type NodeFacts = {
  readonly name: string;
  /** Ascending by id. */
  readonly cpus: readonly Cpu[];
  readonly memoryBytes: number;
  readonly memoryReserveBytes: number;
  readonly gpus: readonly Gpu[];
  readonly tier: TierView;
  /** Whether this tier lends unused CPUs by weight by itself (cgroups), so that unpinned claims need no masks. */
  readonly sharesByWeight: boolean;
  /**
   * Whether its scheduler keeps threads that may run anywhere on one CPU: some
   * virtual machines, and isolated CPUs. Then running claims have masks, whatever
   * the tier.
   */
  readonly packsThreads: boolean;
};

/** A process tree that grants are enforced on. */
export type Holder = {
  readonly id: string;
  readonly kind: HolderKind;
  readonly pid: number;
  readonly startTicks: number;
  readonly name: string;
  /** The user's name; the leaf of the group tree. */
  readonly owner: string;
  /** Path of the group in the quota tree, from the root; empty for the root. */
  readonly group: readonly string[];
  /** The path of its notebook; null or absent where there is none. */
  readonly notebook?: string | null;
  /** The holder that its process came from; none where null or absent. */
  readonly parentHolderId?: string | null;
  /** False: confined and observed only. */
  readonly gated: boolean;
  /** GPUs that it was bound to under the sidecar before (GPU2); none where absent. */
  readonly boundGpus?: readonly string[];
};

/** One execution of one cell, as it asks. */
export type Claim = {
  readonly id: string;
  readonly holderId: string;
  /** The claim of the same holder whose cell this one was taken up in the midst of. */
  readonly outerId: string | null;
  readonly cellId: string | null;
  readonly label: string | null;
  readonly sourceHash: string | null;
  readonly ask: Ask;
};

/** What was measured of one holder since the last measurement. */
export type HolderUse = {
  readonly holderId: string;
  /** CPUs busy on average since the last measurement. */
  readonly cpusBusy: number;
  /** Total CPU time so far, in s. */
  readonly cpuSeconds: number;
  /** Memory that the process tree holds now. */
  readonly memoryBytes: number;
  readonly threads: number;
  /** GPU memory that it holds, by UUID. */
  readonly gpuMemoryBytes: Readonly<Record<string, number>>;
};

/** What was measured of one GPU. */
export type GpuUse = {
  readonly uuid: string;
  /** It does not answer any more, while others do: nothing is known of it (GPU7). */
  readonly isLost?: true;
  readonly memoryUsedBytes: number | null;
  readonly utilisation: number | null;
  readonly temperatureC: number | null;
  readonly powerW: number | null;
  readonly processes: readonly {
    readonly pid: number;
    readonly name: string;
    readonly memoryBytes: number;
    /** The user whose it is; null where that cannot be told. */
    readonly owner: string | null;
    /** It draws a screen and computes nothing, so it needs no lease. */
    readonly isDisplay?: true;
    /** The holder whose process tree it belongs to, or null. */
    readonly holderId: string | null;
  }[];
};

/** Whose memory had no more room: the killed holder's own limit, or the node. */
export type MemoryKill = 'limit' | 'node';

/**
 * Everything that can happen.
 *
 * #### Notes
 * `atMs` counts milliseconds since the epoch on a clock that never goes back
 * (daemon/clock.ts). An event older than the last one is taken to happen now.
 */
export type Event = { readonly atMs: number } & (
  | { readonly type: 'nodeFound'; readonly node: NodeFacts }
  | { readonly type: 'holderArrived'; readonly holder: Holder }
  | {
      readonly type: 'holderGone';
      readonly holderId: string;
      /** The operating system killed it for want of memory (MEM3). */
      readonly killedForMemory?: MemoryKill;
    }
  /**
   * A claim arrived. `granted` is set when a gate reconnects to a restarted
   * sidecar with a claim that was granted before, or when it started one that waits
   * here: it is taken over as it is, never refused or queued.
   */
  | {
      readonly type: 'claimArrived';
      readonly claim: Claim;
      readonly granted: { readonly grant: Grant; readonly sinceMs: number } | null;
      /** For a claim that was waiting before, or had been when it was granted: since when. */
      readonly waitingSinceMs: number | null;
    }
  /** A person takes a waiting claim back. */
  | { readonly type: 'claimCancelled'; readonly claimId: string; readonly by: Caller }
  /** Its own gate does; answered by nothing. */
  | { readonly type: 'claimGivenUp'; readonly claimId: string }
  | {
      readonly type: 'claimEnded';
      readonly claimId: string;
      readonly outcome: 'ok' | 'error' | 'interrupted';
      readonly cpuSeconds: number | null;
      /** When, where that was under the sidecar before. */
      readonly endedMs?: number;
    }
  | { readonly type: 'useMeasured'; readonly holders: readonly HolderUse[] }
  /** How much of one holder's memory counts against its limit; the first figure comes with the limit (MEM3). */
  | {
      readonly type: 'memoryMeasured';
      readonly holderId: string;
      readonly memoryBytes: number;
    }
  | {
      readonly type: 'nodeMeasured';
      readonly cpusBusy: number;
      readonly memoryUsedBytes: number;
      /** PSI memory some avg10, 0 to 100; null where the kernel has none. */
      readonly memoryPressure: number | null;
      /** What could be taken without pushing anybody's memory out; absent where it cannot be told. */
      readonly memoryAvailableBytes?: number | null;
    }
  /** Memory that others than our holders hold now, of all that there is (ADM14). */
  | { readonly type: 'othersMeasured'; readonly bytes: number; readonly totalBytes: number }
  | { readonly type: 'gpusMeasured'; readonly gpus: readonly GpuUse[] }
  /** A person asks an idle holder for the GPU memory that it keeps (GPU5). */
  | { readonly type: 'freeWanted'; readonly holderId: string; readonly by: Caller }
  /** Who waits for it asks for a holder's restart; its owner may say no (GPU5). */
  | {
      readonly type: 'restartWanted';
      readonly holderId: string;
      readonly claimId: string;
      readonly by: Caller;
    }
  | { readonly type: 'restartDeclined'; readonly holderId: string; readonly by: Caller }
  /** A person gives back what a holder keeps across cells (ADM9). */
  | { readonly type: 'holdReleased'; readonly holderId: string; readonly by: Caller }
  /** A write failed; the holder stays, its confinement is unknown. */
  | {
      readonly type: 'enforcementFailed';
      readonly holderId: string;
      readonly what: string;
      readonly errno: string;
    }
  /** A holder was held to less than was ordered, by somebody else's doing, and is held to it again (ENF5, ENF10). */
  | { readonly type: 'holderBroughtBack'; readonly holderId: string; readonly what: string }
  /** What an earlier sidecar wrote for a holder counts no more: it is confined anew (ENF4). */
  | { readonly type: 'holderSettled'; readonly holderId: string }
  /** Whether the scheduler packs threads was looked at, at the start or again (CPU10). */
  | { readonly type: 'packingFound'; readonly packs: boolean }
  /** By a person, or (null) by the configuration. */
  | {
      readonly type: 'policyChosen';
      readonly policy: PolicyName;
      readonly by: Caller | null;
    }
  /** Another configuration; one with problems changes nothing. */
  | {
      readonly type: 'configured';
      readonly sharing: Sharing;
      /** Memory kept back from grants; null or absent for what the node was found with. */
      readonly memoryReserveBytes?: number | null;
      /** Hints where nobody states any (ADM2): the core shows them, and asks by none. */
      readonly defaults?: Hints;
    }
  /** What a cell asks for that says nothing may be something else now. */
  | { readonly type: 'defaultsChanged' }
  | { readonly type: 'noticed'; readonly notices: readonly string[] }
  /** Time passed; at least once a second. */
  | { readonly type: 'ticked' }
);

/** How CPUs are shared; switchable at run time. */
export type PolicyName = 'dynamic' | 'partitioned' | 'naive';

/** Why a claim was refused, for the catalogue. */
export type { Refusal };
