import type { Caller } from '../protocol/caller';
import type { Refusal } from '../protocol/errors';

/** What people let their holders give back, or each other have first (ADM9, ADM15, GPU5); each returns why not. */
export interface IConsent {
  /** Ask a holder that runs nothing to free the GPU memory that it keeps. */
  askToFree(holderId: string, by: Caller): Refusal | null;
  /** Ask a kernel's owner to restart it for a claim that it blocks. */
  requestRestart(holderId: string, claimId: string, by: Caller): Refusal | null;
  /** The owner of a kernel declines that. */
  declineRestart(holderId: string, by: Caller): Refusal | null;
  /** Give back the grant that a holder keeps for its next cell. */
  releaseHold(holderId: string, by: Caller): Refusal | null;
  /** Let a waiting claim of the caller's go before their others. */
  moveUp(claimId: string, by: Caller): Refusal | null;
}
