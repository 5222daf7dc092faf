import type { Ask } from './ask';
import type { CapView, GroupView } from './groupView';
import type { CulledView, CullView } from './cull';
import type { Refusal } from './errors';
import type { ExecutionOutcome } from './execution';
import type { Drain, NotEnforced, Reason, Resource } from './facts';
import type { HolderKind } from './holder';
import type { GpuView } from './gpuView';
import type { ToldGrant } from './grant';
import type { HintSources } from './gate';
import type { Hints } from './hints';
import type { Forecast, Prediction, Usual } from './prediction';
import type { StoryFact } from './storyFacts';

export type { GpuView, SlicePlace } from './gpuView';
export type { Forecast } from './prediction';

/** Enforcement tiers, best first. */
export type TierName = 'cgroup-v2' | 'cgroup-v1' | 'affinity' | 'none';

/** The tier in force, and what it does not do (ENF3). */
export type TierView = {
  readonly name: TierName;
  readonly enforced: readonly Resource[];
  readonly notEnforced: readonly { readonly resource: Resource; readonly why: string }[];
  /** One sentence: why this tier and no better one, and how to get more. */
  readonly reason: string;
};

/** The node, or the part of it that Cellgrant may hand out. */
export type NodeView = {
  readonly name: string;
  readonly cpus: number;
  /** Kernel list syntax. */
  readonly cpuList: string;
  /** CPUs promised to claims as pinned sets. */
  readonly cpusGranted: number;
  /** CPUs busy now, all processes; null before the first sample. */
  readonly cpusBusy: number | null;
  readonly memoryBytes: number;
  /** Kept back from grants. */
  readonly memoryReserveBytes: number;
  readonly memoryUsedBytes: number | null;
  /** What running cells were granted, and what is kept for later cells (ADM9). */
  readonly memoryPromisedBytes: number;
  /** What idle kernels hold. */
  readonly memoryKeptBytes: number;
  /** Sum over kernels of the larger of promised and resident. */
  readonly memoryGrantedBytes: number;
  /** What processes other than kernels hold (ADM14); null if not measured yet or not measurable. */
  readonly memoryOthersBytes: number | null;
  readonly gpus: readonly GpuView[];
  readonly tier: TierView;
  readonly policy: string;
  /** The administrator's default hints (ADM2). */
  readonly defaults: Hints;
  readonly version: string;
  /** Null while the node is not drained (ADMIN2). */
  readonly drain: Drain | null;
  /** Things a person should know: a reader that failed, pressure, a packed VM. */
  readonly notices: readonly string[];
};

/** One kernel, or another holder of grants. */
export type HolderView = {
  readonly id: string;
  readonly kind: HolderKind;
  readonly name: string;
  readonly pid: number;
  readonly owner: string;
  /** The group that it shares in, from the root: `atlas/prod`; `all` if it is in none (CFG3). */
  readonly group: string;
  readonly state: 'idle' | 'waiting' | 'running';
  /** The holder that its process descends from (ADM10); null if none. */
  readonly parentHolderId: string | null;
  /** False: confined and observed only; its cells do not claim. */
  readonly gated: boolean;
  /** Since when it is in this state, ms since the epoch. */
  readonly sinceMs: number;
  /** What its running cell has; if none runs, what is kept for the next one (ADM9). */
  readonly grant: ToldGrant | null;
  readonly cpusBusy: number | null;
  readonly memoryBytes: number | null;
  readonly memoryLimitBytes: number | null;
  readonly threads: number | null;
  readonly gpuMemoryBytes: number | null;
  /** GPUs this kernel is bound to until it restarts (GPU2). */
  readonly boundGpus: readonly string[];
  /** When it was last asked to free GPU memory since it became idle (GPU5); null if it was not. */
  readonly askedToFreeMs: number | null;
  /** Who asks for its restart (GPU5); null while nobody does. */
  readonly restartRequest: RestartRequest | null;
  /** Only for an idle kernel that will be shut down, or that its owner keeps (CULL4). */
  readonly cull?: CullView;
};

/** A claim waits for GPU memory that an idle kernel keeps; the kernel's owner is asked to restart it. */
export type RestartRequest = {
  /** The claim that waits. */
  readonly claimId: string;
  readonly holderName: string;
  readonly label: string | null;
  readonly owner: string;
  /** What it waits for and why. */
  readonly reason: Reason;
  readonly sinceMs: number;
  /** Whether the kernel's owner declined. */
  readonly declined: boolean;
};

/** What every claim shows. */
type ClaimCommon = {
  readonly id: string;
  readonly holderId: string;
  readonly holderName: string;
  /** What its sentences are about: a cell, or a command, which has none. */
  readonly holderKind: HolderKind;
  readonly owner: string;
  readonly cellId: string | null;
  readonly label: string | null;
  readonly ask: Ask;
  /** ms since the epoch. */
  readonly arrivedMs: number;
};

/** One claim; each state has only the fields that are valid in it. */
export type ClaimView =
  | (ClaimCommon & {
      readonly state: 'waiting';
      /** From 1, in the queue of its resource. */
      readonly position: number;
      readonly reason: Reason;
      /** When it should start, from now; null if not known well enough. */
      readonly startsIn: Forecast | null;
      /** What it is expected to use (LEARN1); null if nothing is predicted. */
      readonly predicted: Prediction | null;
    })
  | (ClaimCommon & {
      readonly state: 'running';
      readonly grantedMs: number;
      readonly grant: ToldGrant;
      /** How long it should run in total; null if not known well enough, or exceeded. */
      readonly takes: Forecast | null;
      /** What it is expected to use, corrected by what it has used already; null if nothing is predicted. */
      readonly predicted: Prediction | null;
      readonly cpusBusy: number | null;
      readonly memoryBytes: number | null;
      /** Which part of the grant could not be enforced; null if all of it was (ENF6). */
      readonly notEnforced: NotEnforced | null;
    })
  | (ClaimCommon & {
      readonly state: 'done';
      readonly grantedMs: number | null;
      readonly endedMs: number;
      readonly outcome: ExecutionOutcome;
      /** What ended it, by its entry in the catalogue; null if it ended by itself. */
      readonly why: Refusal | null;
      readonly grant: ToldGrant | null;
      readonly cpuSeconds: number | null;
      readonly memoryPeakBytes: number | null;
    });

/** One line of a story, oldest first (API2). */
export type StoryLine = {
  /** ms since the epoch. */
  readonly atMs: number;
  readonly fact: StoryFact;
};

/** A claim with its story: `GET /api/v1/claims/:id`. */
export type ClaimStory = ClaimView & { readonly story: readonly StoryLine[] };

/**
 * Everything the lab shows, at one moment. Each event of the push channel
 * carries a whole one, so a client can never be out of step.
 *
 * #### Notes
 * `claims` are ordered: waiting by position, then running by grant, then the
 * most recently done, at most 200 of those.
 */
export type Snapshot = {
  /** Grows by at least one with every change; restarts with a new sidecar. */
  readonly revision: number;
  readonly atMs: number;
  readonly node: NodeView;
  readonly holders: readonly HolderView[];
  /** By path; empty if no kernel is in a group. */
  readonly groups: readonly GroupView[];
  /** Of those groups and users that have kernels or launch them; empty without caps. */
  readonly caps: readonly CapView[];
  readonly claims: readonly ClaimView[];
  /** Kernels that were shut down because they were idle, the last ones, oldest first; absent if none was (CULL7). */
  readonly culled?: readonly CulledView[];
};

/** The most cells that one `fits` request may ask about. */
export const FITS_MAX = 256;

/** A cell that is asked about: what its author wrote, and its id, by which past runs of it are found. */
export type FitCell = HintSources & { readonly cellId?: string };

/** What would happen to a cell if it ran now: `POST /api/v1/holders/:id/fits`. */
export type Fit = (
  | { readonly kind: 'now' }
  /** `startsIn` is as the queue's forecast has it; null if not known well enough. */
  | { readonly kind: 'waits'; readonly reason: Reason; readonly startsIn: Forecast | null }
  | { readonly kind: 'never'; readonly why: Refusal }
) & {
  /** Absent if the cell was not named, or nothing is known of it (LEARN6). */
  readonly usual?: Usual;
};

/** The answer to a request that was refused. */
export type ErrorBody = {
  readonly code: string;
  readonly message: string;
};
