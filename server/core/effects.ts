import type { CpuSet } from '../protocol/cpuset';
import type { CulledView } from '../protocol/cull';
import type { Execution } from '../protocol/execution';
import type { HolderKind } from '../protocol/holder';
import type { Grant } from '../protocol/grant';
import type { Refusal } from '../protocol/errors';
import type { Reason } from '../protocol/facts';
import type { Claim } from './events';

/**
 * What a holder's process tree is confined to. Written in place; the same value
 * twice is one write.
 */
export type Confinement = {
  /** Null for all CPUs of the node. */
  readonly cpus: CpuSet | null;
  /** 1 to 10000, as cgroup v2 counts; 100 is the default. */
  readonly weight: number;
  /** No running claim: yields to everybody (CPU8). */
  readonly idle: boolean;
  /** A hard limit on the tree's memory; null for none (MEM2 is the enforcer's duty). */
  readonly memoryBytes: number | null;
  /** The only GPUs that may be opened, by UUID (ENF7); null if GPUs are not fenced. */
  readonly gpus: readonly string[] | null;
};

/** The confinement of an unrestricted holder. */
export const UNCONFINED: Confinement = {
  cpus: null,
  weight: 100,
  idle: false,
  memoryBytes: null,
  gpus: null
};

/** What a holder keeps across cells (ADM9), and the claim that left it. */
export type HeldGrant = { readonly claim: Claim; readonly grant: Grant; readonly sinceMs: number };

/**
 * Everything that the core can order.
 *
 * #### Notes
 * Effects are carried out in order: a holder is confined, and what it is
 * bound to is stored, before its claim receives the grant. What gates set
 * themselves, and what holders keep between cells, follows the answers.
 */
export type Effect =
  | { readonly type: 'confine'; readonly holderId: string; readonly confinement: Confinement }
  /** The holder is bound to these GPUs until it ends (GPU2): stored, to survive a crash of the sidecar. */
  | { readonly type: 'bind'; readonly holderId: string; readonly gpus: readonly string[] }
  | {
      readonly type: 'grant';
      readonly holderId: string;
      readonly claimId: string;
      readonly grant: Grant;
    }
  /** Whether the holder's next claims that ask for nothing may run before they are reported (GATE6). */
  | { readonly type: 'stand'; readonly holderId: string; readonly isGiven: boolean }
  /** A running claim's pinned set changed; its thread count never does (CPU3). */
  | {
      readonly type: 'regrant';
      readonly holderId: string;
      readonly claimId: string;
      readonly grant: Grant;
    }
  | {
      readonly type: 'wait';
      readonly holderId: string;
      readonly claimId: string;
      readonly reason: Reason;
      readonly position: number;
    }
  | {
      readonly type: 'refuse';
      readonly holderId: string;
      readonly claimId: string;
      readonly refusal: Refusal;
    }
  /** Interrupt a running cell with an explanation (MEM3, FAIR4). */
  | {
      readonly type: 'interrupt';
      readonly holderId: string;
      readonly claimId: string;
      readonly refusal: Refusal;
    }
  /** Ask an idle holder to release GPU memory (GPU5). */
  | { readonly type: 'free'; readonly holderId: string; readonly gpus: readonly string[] }
  /** A holder that is gone was killed for lack of memory (MEM3). */
  | {
      readonly type: 'killed';
      readonly holderId: string;
      readonly kind: HolderKind;
      readonly refusal: Refusal;
    }
  /** A holder's CPUs changed: for a gate that sets masks itself. */
  | { readonly type: 'remask'; readonly holderId: string; readonly confinement: Confinement }
  /** The group that an administrator put the holder into, for the next sidecar; null for none (ADMIN5). */
  | {
      readonly type: 'assign';
      readonly holderId: string;
      readonly group: readonly string[] | null;
    }
  /** What the holder keeps across cells from now on; null for nothing (ADM9). */
  | { readonly type: 'keep'; readonly holderId: string; readonly kept: HeldGrant | null }
  /** How often Jupyter servers report on their kernels, in ms; null for never (CULL2). */
  | { readonly type: 'attend'; readonly everyMs: number | null }
  /** A kernel's Jupyter server is asked to shut it down, or no longer (CULL6). */
  | { readonly type: 'cull'; readonly holderId: string; readonly isOrdered: boolean }
  /** An execution ended, also one that never ran; for observers. */
  | { readonly type: 'executed'; readonly holderId: string; readonly execution: Execution }
  /** A kernel of this group was shut down because it was idle; it is gone (CULL7). */
  | { readonly type: 'culled'; readonly kernel: CulledView; readonly group: string };
