import { Token } from '@lumino/coreutils';
import type { IDisposable } from '@lumino/disposable';
import type { ISignal } from '@lumino/signaling';

import type { HintSources } from '../server/protocol/gate';
import type { ClaimView, Fit, Snapshot, StoryLine } from '../server/protocol/view';

/**
 * Whether the sidecar answers.
 *
 * #### Notes
 * `connecting` only before the first answer. In `away` cells run as in plain
 * Jupyter (GATE5); in `lost` not even the Jupyter server answers, and nobody
 * knows what cells do. `message` says for people what is missing.
 */
export type Connection =
  | { readonly state: 'connecting' }
  | { readonly state: 'live' }
  | { readonly state: 'away' | 'lost'; readonly message: string };

/** What the node did at one moment of the last ten minutes. */
export type Sample = {
  /** ms since the epoch, by the sidecar's clock. */
  readonly atMs: number;
  /** CPUs busy; null where it was not measured. */
  readonly cpusBusy: number | null;
  readonly memoryBytes: number | null;
};

/** Names one cell of one kernel. */
export type CellKey = string;

/** What changed with a new snapshot. */
export type ArbiterChange = {
  /** Cells whose claim appeared, went, or shows something else now. */
  readonly cells: ReadonlySet<CellKey>;
  /** Kernels whose running or waiting claims are others now. */
  readonly kernels: ReadonlySet<string>;
};

/**
 * The lab's view of the sidecar: its newest snapshot, and what may be asked of it.
 */
export interface IArbiter extends IDisposable {
  readonly connection: Connection;
  /** The newest snapshot; null while none is known, or nobody answers. */
  readonly snapshot: Snapshot | null;
  /** The last ten minutes, oldest first, at most one sample a second. */
  readonly history: readonly Sample[];
  /**
   * How many sidecars this page has met. What a sidecar keeps in memory only
   * (the defaults of a notebook) has to be told again when it grows.
   */
  readonly generation: number;
  /** Emitted after a snapshot was taken over, and when the connection changed. */
  readonly changed: ISignal<IArbiter, ArbiterChange>;
  /**
   * The sidecar's clock, in ms since the epoch: a browser's clock may differ.
   *
   * #### Notes
   * While cells wait or run it stands still soon after the last word of them:
   * nothing is counted that nobody knows.
   */
  nowMs(): number;
  /** The newest claim of a cell, if the sidecar still knows one; the last known one in `lost`. */
  claimOf(kernelId: string, cellId: string): ClaimView | undefined;
  /** The claims of a kernel that wait or run, running first. */
  activeClaims(kernelId: string): readonly ClaimView[];
  /** Why a claim waited, and why it got what it got. Rejects as `cancel` does. */
  storyOf(claimId: string): Promise<readonly StoryLine[]>;
  /**
   * Cancel a waiting claim.
   *
   * #### Notes
   * Rejects with the sentence of the refusal, for people.
   */
  cancel(claimId: string): Promise<void>;
  /** Set the user's default hints. Rejects with the sentence of the refusal. */
  setDefaults(hints: Readonly<Record<string, unknown>>): Promise<void>;
  /** Set the default hints of a kernel's notebook. Rejects as `setDefaults` does. */
  setKernelDefaults(kernelId: string, hints: unknown): Promise<void>;
  /** Choose how CPUs are shared. Rejects as `setDefaults` does. */
  setPolicy(policy: string): Promise<void>;
  /**
   * Ask a kernel that runs nothing for the GPU memory that it keeps (GPU5).
   * Rejects as `setDefaults` does.
   */
  free(kernelId: string): Promise<void>;
  /** Ask a kernel's owner to restart it for a claim that waits. Rejects as `setDefaults` does. */
  requestRestart(kernelId: string, claimId: string): Promise<void>;
  /** Say no to that. Rejects as `setDefaults` does. */
  declineRestart(kernelId: string): Promise<void>;
  /** Give back the grant that a kernel keeps for its next cell (ADM9). Rejects as `setDefaults` does. */
  releaseHold(kernelId: string): Promise<void>;
  /** How cells would fare that a kernel ran now (ADM11), in their order. Rejects as `setDefaults` does. */
  fits(kernelId: string, cells: readonly HintSources[]): Promise<readonly Fit[]>;
  /** Ask for a snapshot now; resolves when it was answered or failed. */
  refresh(): Promise<void>;
}

/** The token of the arbiter's view. */
export const IArbiter = new Token<IArbiter>(
  'jupyterlab-cellgrant:IArbiter',
  'The resource grants of this node: the newest snapshot, and what may be asked of it.'
);

/** Problems of the defaults in force, by the place where they were written. */
export interface IDefaults {
  /** The user's default hints as they were told to the sidecar. */
  readonly hints: Readonly<Record<string, unknown>>;
  /** One sentence for each default that does not count. */
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
 * Gets back what kernels keep that run nothing (ADM9, GPU5). Refusals and
 * failures are shown to the person who asked.
 */
export interface IConsent {
  /** Ask a kernel to free what it can. */
  free(kernelId: string): Promise<void>;
  /**
   * Ask the person here whether a kernel of this server may be restarted, and do it.
   *
   * #### Notes
   * Resolves to whether it was. Nothing happens to a kernel that runs a cell.
   */
  restart(kernelId: string): Promise<boolean>;
  /** Ask the owner of a kernel elsewhere to restart it for a claim that waits. */
  request(kernelId: string, claimId: string): Promise<void>;
  /** Say no to such a request. */
  decline(kernelId: string): Promise<void>;
  /** Give back the grant that a kernel keeps for its next cell (ADM9). */
  release(kernelId: string): Promise<void>;
}

/** The token of the consent. */
export const IConsent = new Token<IConsent>(
  'jupyterlab-cellgrant:IConsent',
  'Gets GPU memory back from idle kernels, with the consent of their owners.'
);

/** Which document belongs to which kernel of this server, and how to show it. */
export interface IKernelPaths {
  /** Paths by kernel id; a kernel that is not here belongs to somebody else. */
  readonly paths: ReadonlyMap<string, string>;
  /** Emitted when a session started, ended or was renamed. */
  readonly changed: ISignal<IKernelPaths, void>;
  /** Show the document of a kernel and, where it is open here, one of its cells. */
  reveal(kernelId: string, cellId?: string | null): Promise<void>;
}

/** The token of the kernels' documents. */
export const IKernelPaths = new Token<IKernelPaths>(
  'jupyterlab-cellgrant:IKernelPaths',
  'Which document belongs to which kernel.'
);
