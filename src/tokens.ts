import { Token } from '@lumino/coreutils';
import type { IDisposable } from '@lumino/disposable';
import type { ISignal } from '@lumino/signaling';

import type { ClaimView, Fit, FitCell, Snapshot, StoryLine } from '../server/protocol/view';

/**
 * Whether the sidecar answers.
 *
 * #### Notes
 * `connecting` only before the first answer. In `away` cells run as in plain
 * Jupyter (GATE5); in `lost` not even the Jupyter server answers, and the state
 * of cells is unknown. `message` states for people what is missing.
 */
export type Connection =
  | { readonly state: 'connecting' }
  | { readonly state: 'live' }
  | { readonly state: 'away' | 'lost'; readonly message: string };

/** The state of the node at one time in the last ten minutes. */
export type Sample = {
  /** ms since the epoch, by the sidecar's clock. */
  readonly atMs: number;
  /** CPUs busy; null if not measured. */
  readonly cpusBusy: number | null;
  readonly memoryBytes: number | null;
};

/** Names one cell of one kernel. */
export type CellKey = string;

/** What changed with a new snapshot. */
export type ArbiterChange = {
  /** Cells whose claim appeared, disappeared, or displays something else now. */
  readonly cells: ReadonlySet<CellKey>;
  /** Kernels whose running or waiting claims have changed. */
  readonly kernels: ReadonlySet<string>;
};

/**
 * The lab's view of the sidecar: its newest snapshot, and the requests it accepts.
 */
export interface IArbiter extends IDisposable {
  readonly connection: Connection;
  /** The newest snapshot; null if none is known, or the sidecar does not answer. */
  readonly snapshot: Snapshot | null;
  /** The last ten minutes, oldest first, at most one sample a second. */
  readonly history: readonly Sample[];
  /**
   * How many sidecars this page has met. What a sidecar keeps only in memory
   * (the defaults of a notebook) must be sent again when it grows.
   */
  readonly generation: number;
  /** Emitted after a snapshot was applied, and when the connection changed. */
  readonly changed: ISignal<IArbiter, ArbiterChange>;
  /**
   * The sidecar's clock, in ms since the epoch: a browser's clock may differ.
   *
   * #### Notes
   * While cells wait or run it stops soon after the last message about them:
   * unknown time is not counted.
   */
  nowMs(): number;
  /** The newest claim of a cell, if the sidecar still knows one; the last known one in `lost`. */
  claimOf(kernelId: string, cellId: string): ClaimView | undefined;
  /** The waiting and running claims of a kernel, running first. */
  activeClaims(kernelId: string): readonly ClaimView[];
  /** Why a claim waited, and why it got its grant. Rejects as `cancel` does. */
  storyOf(claimId: string): Promise<readonly StoryLine[]>;
  /**
   * Cancel a waiting claim.
   *
   * #### Notes
   * Rejects with the sentence of the refusal, for people.
   */
  cancel(claimId: string): Promise<void>;
  /** Let a waiting claim go before the others of its user. Rejects as `cancel` does. */
  moveUp(claimId: string): Promise<void>;
  /** Set the user's default hints. Rejects with the sentence of the refusal. */
  setDefaults(hints: Readonly<Record<string, unknown>>): Promise<void>;
  /** Set the default hints of a kernel's notebook. Rejects as `setDefaults` does. */
  setKernelDefaults(kernelId: string, hints: unknown): Promise<void>;
  /** Choose how CPUs are shared. Rejects as `setDefaults` does. */
  setPolicy(policy: string): Promise<void>;
  /**
   * Ask an idle kernel for the GPU memory that it keeps (GPU5).
   * Rejects as `setDefaults` does.
   */
  free(kernelId: string): Promise<void>;
  /** Ask a kernel's owner to restart it for a claim that waits. Rejects as `setDefaults` does. */
  requestRestart(kernelId: string, claimId: string): Promise<void>;
  /** Decline such a request. Rejects as `setDefaults` does. */
  declineRestart(kernelId: string): Promise<void>;
  /** Release the grant that a kernel keeps for its next cell (ADM9). Rejects as `setDefaults` does. */
  releaseHold(kernelId: string): Promise<void>;
  /** Keep an idle kernel that would be shut down (CULL4). Rejects as `setDefaults` does. */
  keep(kernelId: string): Promise<void>;
  /** How cells would fare if a kernel ran them now (ADM11), in their order. Rejects as `setDefaults` does. */
  fits(kernelId: string, cells: readonly FitCell[]): Promise<readonly Fit[]>;
  /** Request a snapshot now; resolves when it was answered or failed. */
  refresh(): Promise<void>;
}

/** The token of the arbiter's view. */
export const IArbiter = new Token<IArbiter>(
  'jupyterlab-cellgrant:IArbiter',
  'The resource grants of this node: the newest snapshot, and what may be asked of it.'
);

/** Problems of the defaults in force, by the place where they were written. */
export interface IDefaults {
  /** The user's default hints as they were sent to the sidecar. */
  readonly hints: Readonly<Record<string, unknown>>;
  /** One sentence for each default that is ignored. */
  readonly problems: readonly string[];
  readonly changed: ISignal<IDefaults, void>;
}

/** The token of the defaults. */
export const IDefaults = new Token<IDefaults>(
  'jupyterlab-cellgrant:IDefaults',
  'The default hints of the settings editor, checked.'
);

/** The panel, for those who open it. */
export interface IResourcesPanel {
  /** Show the panel and move the focus into it. */
  open(): void;
  /** Show the panel with the focus in the hints of the active cell. */
  editHints(): void;
}

/** The token of the panel. */
export const IResourcesPanel = new Token<IResourcesPanel>(
  'jupyterlab-cellgrant:IResourcesPanel',
  'The side panel that shows the node, the queue and the kernels.'
);

/**
 * Reclaims what idle kernels keep (ADM9, GPU5). Refusals and
 * failures are shown to the person who made the request.
 */
export interface IConsent {
  /** Ask a kernel to free what it can. */
  free(kernelId: string): Promise<void>;
  /**
   * Ask the person here whether a kernel of this server may be restarted, and do it.
   *
   * #### Notes
   * Resolves to whether it was. A kernel that runs a cell is left alone.
   */
  restart(kernelId: string): Promise<boolean>;
  /** Ask the owner of a kernel elsewhere to restart it for a claim that waits. */
  request(kernelId: string, claimId: string): Promise<void>;
  /** Decline such a request. */
  decline(kernelId: string): Promise<void>;
  /** Release the grant that a kernel keeps for its next cell (ADM9). */
  release(kernelId: string): Promise<void>;
  /** Keep an idle kernel that would be shut down (CULL4). */
  keep(kernelId: string): Promise<void>;
  /** Ask the person here whether a kernel of this server may be shut down, and do it. */
  shutDown(kernelId: string): Promise<void>;
}

/** The token of the consent. */
export const IConsent = new Token<IConsent>(
  'jupyterlab-cellgrant:IConsent',
  'Gets GPU memory back from idle kernels, with the consent of their owners.'
);

/** The documents of this server's kernels, and how to show them. */
export interface IKernelPaths {
  /** Paths by kernel id; a kernel that is missing belongs to somebody else. */
  readonly paths: ReadonlyMap<string, string>;
  /** Emitted when a session started, ended or was renamed. */
  readonly changed: ISignal<IKernelPaths, void>;
  /** Show the document of a kernel and, if it is open here, one of its cells. */
  reveal(kernelId: string, cellId?: string | null): Promise<void>;
}

/** The token of the kernels' documents. */
export const IKernelPaths = new Token<IKernelPaths>(
  'jupyterlab-cellgrant:IKernelPaths',
  'Which document belongs to which kernel.'
);
