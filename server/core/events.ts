import type { Ask } from '../protocol/ask';
import type { Caller } from '../protocol/caller';
import type { Execution } from '../protocol/execution';
import type { Grant } from '../protocol/grant';
import type { HolderKind } from '../protocol/holder';
import type { Hints } from '../protocol/hints';
import type { SlicePlace, TierView } from '../protocol/view';
import type { Order } from './orders';
import type { Sharing } from './policy/groups';
import type { GpuUse, HolderUse } from './uses';

export type { GpuUse, HolderUse } from './uses';

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

/** One GPU or MIG slice, as a unit that can be granted. */
export type Gpu = {
  readonly uuid: string;
  readonly index: number;
  readonly model: string;
  /** All the memory that it can use, which other slices of its GPU instance may use too. */
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
  /** Whether this tier itself lends unused CPUs by weight (cgroups), so that unpinned claims need no masks. */
  readonly sharesByWeight: boolean;
  /**
   * Whether its scheduler keeps threads on one CPU although they may run anywhere: some
   * virtual machines, and isolated CPUs. Then running claims have masks in every
   * tier.
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
  /** The groups of that user on this machine, the primary one first; none if absent. */
  readonly ownerGroups?: readonly string[];
  /** The owner's groups in JupyterHub (HUB1); none if absent. */
  readonly hubGroups?: readonly string[];
  /** Path of the group in the quota tree, from the root; empty for the root. */
  readonly group: readonly string[];
  /** The group that an administrator put it into (ADMIN5), as a path; none if null or absent. */
  readonly assignedGroup?: readonly string[] | null;
  /** The path of its notebook; null or absent if there is none. */
  readonly notebook?: string | null;
  /** The holder that its process descends from; none if null or absent. */
  readonly parentHolderId?: string | null;
  /** False: confined and observed only. */
  readonly gated: boolean;
  /** GPUs that it was bound to under the previous sidecar (GPU2); none if absent. */
  readonly boundGpus?: readonly string[];
};

/** A kernel that is about to be launched: who it will be. */
export type NewKernel = Pick<
  Holder,
  'id' | 'owner' | 'ownerGroups' | 'hubGroups' | 'assignedGroup' | 'group' | 'notebook'
>;

/** One execution of one cell, with what it asks for. */
export type Claim = {
  readonly id: string;
  readonly holderId: string;
  /** The claim of the same holder during whose cell this one was started. */
  readonly outerId: string | null;
  readonly cellId: string | null;
  readonly label: string | null;
  readonly sourceHash: string | null;
  readonly ask: Ask;
  /** Its cell runs already, because its gate was permitted not to ask (GATE6). */
  readonly hasStarted?: boolean;
};

/** Where memory was exhausted: at the killed holder's own limit, or on the node. */
export type MemoryKill = 'limit' | 'node';

/**
 * Everything that can happen.
 *
 * #### Notes
 * `atMs` counts milliseconds since the epoch on a clock that never goes back
 * (daemon/clock.ts). An event older than the last one counts as happening now.
 */
export type Event = { readonly atMs: number } & (
  | { readonly type: 'nodeFound'; readonly node: NodeFacts }
  | { readonly type: 'holderArrived'; readonly holder: Holder }
  /** A kernel is being launched: it counts as one from now on (CAP5). */
  | { readonly type: 'kernelLaunching'; readonly kernel: NewKernel }
  /** The launch of a kernel has failed; an unknown one, or one that lives, is ignored. */
  | { readonly type: 'launchFailed'; readonly holderId: string }
  | {
      readonly type: 'holderGone';
      readonly holderId: string;
      /** The operating system killed it for lack of memory (MEM3). */
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
      readonly granted: {
        readonly grant: Grant;
        readonly sinceMs: number;
        /** Not from a gate that had to report after a restart: only its own word is for it (SEC7). */
        readonly isUnexpected?: boolean;
      } | null;
      /** For a claim that was waiting before, or had been when it was granted: since when. */
      readonly waitingSinceMs: number | null;
    }
  /** A person cancels a waiting claim; `why` is absent if they gave no reason. */
  | {
      readonly type: 'claimCancelled';
      readonly claimId: string;
      readonly by: Caller;
      readonly why?: string | null;
    }
  /** A person lets a waiting claim of theirs go before their others (ADM15). */
  | { readonly type: 'movedUp'; readonly claimId: string }
  /** Its own gate withdraws it; no answer. */
  | { readonly type: 'claimGivenUp'; readonly claimId: string }
  | {
      readonly type: 'claimEnded';
      readonly claimId: string;
      readonly outcome: 'ok' | 'error' | 'interrupted';
      readonly cpuSeconds: number | null;
      /** When, if that was under the previous sidecar. */
      readonly endedMs?: number;
    }
  /** What earlier sidecars recorded, oldest first, posted once at the start: predictions go on from there (LEARN3). */
  | { readonly type: 'remembered'; readonly executions: readonly Execution[] }
  | { readonly type: 'useMeasured'; readonly holders: readonly HolderUse[] }
  /** How much of one holder's memory counts against its limit; the first measurement comes with the limit (MEM3). */
  | {
      readonly type: 'memoryMeasured';
      readonly holderId: string;
      readonly memoryBytes: number;
    }
  | {
      readonly type: 'nodeMeasured';
      readonly cpusBusy: number;
      readonly memoryUsedBytes: number;
      /** PSI memory some avg10, 0 to 100; null if the kernel has none. */
      readonly memoryPressure: number | null;
      /** Memory that could be allocated without displacing anybody's; absent if unknown. */
      readonly memoryAvailableBytes?: number | null;
    }
  /** Memory that processes other than our holders hold now, on the whole machine (ADM14). */
  | { readonly type: 'othersMeasured'; readonly bytes: number; readonly totalBytes: number }
  | { readonly type: 'gpusMeasured'; readonly gpus: readonly GpuUse[] }
  /** A person asks an idle holder for the GPU memory that it keeps (GPU5). */
  | { readonly type: 'freeWanted'; readonly holderId: string; readonly by: Caller }
  /** The owner of a waiting claim asks for a holder's restart; the holder's owner may decline (GPU5). */
  | {
      readonly type: 'restartWanted';
      readonly holderId: string;
      readonly claimId: string;
      readonly by: Caller;
    }
  | { readonly type: 'restartDeclined'; readonly holderId: string; readonly by: Caller }
  /** A person releases what a holder keeps across cells (ADM9). */
  | { readonly type: 'holdReleased'; readonly holderId: string; readonly by: Caller }
  /** A Jupyter server reports on kernels that it can shut down, and when people last used them (CULL2). */
  | {
      readonly type: 'attended';
      readonly kernels: readonly { readonly holderId: string; readonly usedMs: number }[];
    }
  /** A person keeps an idle kernel (CULL4). */
  | { readonly type: 'keepWanted'; readonly holderId: string; readonly by: Caller }
  /** A Jupyter server begins to shut an idle kernel down, or has failed to (CULL6). */
  | { readonly type: 'cullBegun'; readonly holderId: string }
  | { readonly type: 'cullFailed'; readonly holderId: string }
  /** A write failed; the holder stays, its confinement is unknown. */
  | {
      readonly type: 'enforcementFailed';
      readonly holderId: string;
      readonly what: string;
      readonly errno: string;
    }
  /** Something else loosened a holder's confinement, and it is restored (ENF5, ENF10). */
  | { readonly type: 'holderBroughtBack'; readonly holderId: string; readonly what: string }
  /** What an earlier sidecar wrote for a holder no longer counts: it is confined again (ENF4). */
  | { readonly type: 'holderSettled'; readonly holderId: string }
  /** The result of a check whether the scheduler packs threads, at startup or later (CPU10). */
  | { readonly type: 'packingFound'; readonly packs: boolean }
  /** By a person, or (null) by the configuration. */
  | {
      readonly type: 'policyChosen';
      readonly policy: PolicyName;
      readonly by: Caller | null;
    }
  | Order
  /** A new configuration; one with problems changes nothing. */
  | {
      readonly type: 'configured';
      readonly sharing: Sharing;
      /** Memory reserved from grants; null or absent for the node's own reserve. */
      readonly memoryReserveBytes?: number | null;
      /** The node's default hints (ADM2): the core shows them, but does not apply them. */
      readonly defaults?: Hints;
    }
  /** What a cell without hints asks for may have changed. */
  | { readonly type: 'defaultsChanged' }
  | { readonly type: 'noticed'; readonly notices: readonly string[] }
  /** Time passed; at least once a second. */
  | { readonly type: 'ticked' }
);

/** How CPUs are shared; switchable at run time. */
export type PolicyName = 'dynamic' | 'partitioned' | 'naive';
