import { Notification } from '@jupyterlab/apputils';

import type { IArbiter } from '../tokens';

/** Cancel a claim for a person: a refusal is shown, since nothing else would report it. */
export async function cancelClaim(arbiter: IArbiter, claimId: string): Promise<void> {
  try {
    await arbiter.cancel(claimId);
  } catch (error) {
    Notification.error((error as Error).message, { autoClose: 8000 });
  }
}
