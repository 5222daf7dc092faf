import type { Caller } from '../../protocol/caller';
import type { CullPlan } from '../../protocol/cull';
import type { Refusal } from '../../protocol/errors';

/** A kernel as its Jupyter server sees it. */
export type KernelReport = {
  readonly holderId: string;
  /** How long ago people, or their messages, last used it, in ms. */
  readonly idleMs: number;
};

/** What Jupyter servers and the owners of kernels do about culling; each returns why not. */
export interface ICulling {
  /** What the Jupyter servers of a caller have to do now. */
  plan(by: Caller): CullPlan;
  /** Call `listener` when a plan may have changed; returns the undo. */
  onPlan(listener: () => void): () => void;
  /** A server reports on its kernels; those of other users are passed over (SEC8). */
  report(kernels: readonly KernelReport[], by: Caller): void;
  /** A server is about to shut a kernel down: from now on, unless refused, no cell of it starts. */
  begin(holderId: string, by: Caller): Refusal | null;
  /** It could not. */
  giveUp(holderId: string, by: Caller): Refusal | null;
  /** The owner keeps an idle kernel (CULL4). */
  keep(holderId: string, by: Caller): Refusal | null;
}
