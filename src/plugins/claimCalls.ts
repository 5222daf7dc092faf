import { Notification } from '@jupyterlab/apputils';

import type { IArbiter } from '../tokens';

/** Cancel a claim for a person. */
export function cancelClaim(arbiter: IArbiter, claimId: string): Promise<void> {
  return reported(arbiter.cancel(claimId));
}

/** Let a waiting claim of a person go before their others. */
export function moveUpClaim(arbiter: IArbiter, claimId: string): Promise<void> {
  return reported(arbiter.moveUp(claimId));
}

/** A refusal is shown, since nothing else would report it. */
async function reported(asked: Promise<void>): Promise<void> {
  try {
    await asked;
  } catch (error) {
    Notification.error((error as Error).message, { autoClose: 8000 });
  }
}
