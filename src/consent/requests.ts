import { Notification } from '@jupyterlab/apputils';
import type { TranslationBundle } from '@jupyterlab/translation';

import type { HolderView, RestartRequest } from '../../server/protocol/view';
import { baseName } from '../format';
import type { IArbiter, IConsent, IKernelPaths } from '../tokens';

/** What {@link RestartRequests} depends on. */
export type RestartRequestsOptions = {
  readonly arbiter: IArbiter;
  readonly kernelPaths: IKernelPaths;
  readonly consent: IConsent;
  readonly trans: TranslationBundle;
};

/**
 * Notifies the owner of a kernel that somebody requests its restart (GPU5).
 *
 * #### Notes
 * A notification rather than a dialog: another person's request must not take
 * the focus from somebody who is typing. It disappears with the request.
 */
export class RestartRequests {
  constructor(private readonly _options: RestartRequestsOptions) {
    _options.arbiter.changed.connect(this._onChanged, this);
  }

  private _onChanged(): void {
    const { arbiter, kernelPaths } = this._options;
    const open = new Map<string, readonly [HolderView, RestartRequest]>();
    for (const kernel of arbiter.snapshot?.holders ?? []) {
      const { restartRequest } = kernel;
      if (restartRequest && !restartRequest.declined && kernelPaths.paths.has(kernel.id)) {
        open.set(`${kernel.id} ${restartRequest.claimId}`, [kernel, restartRequest]);
      }
    }
    for (const [key, notice] of this._told) {
      if (!open.has(key)) {
        Notification.dismiss(notice);
        this._told.delete(key);
      }
    }
    for (const [key, [kernel, request]] of open) {
      if (!this._told.has(key)) {
        this._told.set(key, this._tell(kernel, request));
      }
    }
  }

  private _tell(kernel: HolderView, request: RestartRequest): string {
    const { trans, consent } = this._options;
    const who = [baseName(request.holderName), request.label].filter(Boolean).join(' ▸ ');
    return Notification.emit(
      trans.__(
        // Notifications truncate texts over 140 characters; the dialog shows the rest.
        'May the kernel of %1 be restarted? %2 of %3 waits for GPU memory that it keeps.',
        baseName(kernel.name),
        who,
        request.owner
      ),
      'warning',
      {
        autoClose: false,
        actions: [
          { label: trans.__('Restart…'), callback: () => void consent.restart(kernel.id) },
          { label: trans.__('Keep it'), callback: () => void consent.decline(kernel.id) }
        ]
      }
    );
  }

  private readonly _told = new Map<string, string>();
}
