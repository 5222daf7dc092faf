import type { Caller } from '../protocol/caller';
import type { Refusal } from '../protocol/errors';

/** What holders keep between cells, and how they return it (ADM9, GPU5); each returns why not. */
export interface IConsent {
  /** Ask a holder that runs nothing to free the GPU memory that it keeps. */
  askToFree(holderId: string, by: Caller): Refusal | null;
  /** Ask a kernel's owner to restart it for a claim that it blocks. */
  requestRestart(holderId: string, claimId: string, by: Caller): Refusal | null;
  /** The owner of a kernel declines that. */
  declineRestart(holderId: string, by: Caller): Refusal | null;
  /** Give back the grant that a holder keeps for its next cell. */
  releaseHold(holderId: string, by: Caller): Refusal | null;
}
