import { Dialog, Notification, showDialog } from '@jupyterlab/apputils';
import type { INotebookTracker } from '@jupyterlab/notebook';
import { KernelAPI, type ServerConnection } from '@jupyterlab/services';
import type { TranslationBundle } from '@jupyterlab/translation';

import type { ClaimView } from '../../server/protocol/view';
import { gpuBytesOf } from '../arbiter/keeper';
import type { KeeperCalls } from '../components/KeeperActions';
import { baseName, formatBytes } from '../format';
import type { IArbiter, IConsent, IKernelPaths } from '../tokens';

/** What {@link Consent} depends on. */
export type ConsentOptions = {
  readonly arbiter: IArbiter;
  readonly kernelPaths: IKernelPaths;
  /** Null if no notebook can be open. */
  readonly tracker: INotebookTracker | null;
  readonly trans: TranslationBundle;
  readonly serverSettings: ServerConnection.ISettings;
};

/** How long a refusal stays visible, in ms. */
const SHOWN_MS = 8000;

/**
 * Reclaims GPU memory from idle kernels (GPU5).
 *
 * #### Notes
 * A kernel is restarted by Jupyter itself, so that its notebook is aware of it, and
 * only after its owner agreed in a dialog of this page.
 */
export class Consent implements IConsent {
  constructor(private readonly _options: ConsentOptions) {}

  free(kernelId: string): Promise<void> {
    return this._show(() => this._options.arbiter.free(kernelId));
  }

  request(kernelId: string, claimId: string): Promise<void> {
    return this._show(() => this._options.arbiter.requestRestart(kernelId, claimId));
  }

  decline(kernelId: string): Promise<void> {
    return this._show(() => this._options.arbiter.declineRestart(kernelId));
  }

  release(kernelId: string): Promise<void> {
    return this._show(() => this._options.arbiter.releaseHold(kernelId));
  }

  keep(kernelId: string): Promise<void> {
    return this._show(() => this._options.arbiter.keep(kernelId));
  }

  async restart(kernelId: string): Promise<boolean> {
    const path = this._options.kernelPaths.paths.get(kernelId);
    if (path === undefined || !(await this._ask(kernelId, baseName(path)))) {
      return false;
    }
    let isDone = false;
    await this._show(async () => {
      this._checkIdle(kernelId, baseName(path));
      await this._restart(kernelId);
      isDone = true;
    });
    return isDone;
  }

  async shutDown(kernelId: string): Promise<void> {
    const path = this._options.kernelPaths.paths.get(kernelId);
    if (path !== undefined && (await this._askToShutDown(kernelId, baseName(path)))) {
      await this._show(() => this._shutDown(kernelId));
    }
  }

  private async _askToShutDown(kernelId: string, name: string): Promise<boolean> {
    const { trans, arbiter } = this._options;
    const kernel = arbiter.snapshot?.holders.find(it => it.id === kernelId);
    const { button } = await showDialog({
      title: trans.__('Shut down the kernel of %1?', name),
      body: [
        kernel?.state === 'running' ? trans.__('It runs a cell now, which will be ended.') : '',
        kernel?.memoryBytes
          ? trans.__('This gives back %1 of memory.', formatBytes(kernel.memoryBytes))
          : '',
        trans.__('Its variables will be lost; its notebook stays as it is.')
      ]
        .filter(Boolean)
        .join(' '),
      buttons: [
        Dialog.cancelButton({ label: trans.__('Keep it') }),
        Dialog.warnButton({ label: trans.__('Shut Down') })
      ],
      defaultButton: 0
    });
    return button.accept;
  }

  private async _shutDown(kernelId: string): Promise<void> {
    const { tracker, serverSettings } = this._options;
    const open = tracker?.find(it => it.sessionContext.session?.kernel?.id === kernelId);
    await (open
      ? open.sessionContext.shutdown()
      : KernelAPI.shutdownKernel(kernelId, serverSettings));
  }

  private async _ask(kernelId: string, name: string): Promise<boolean> {
    const { trans, arbiter } = this._options;
    const bytes = arbiter.snapshot ? gpuBytesOf(arbiter.snapshot, kernelId) : 0;
    const who = this._whoWaits(kernelId).map(claim =>
      [baseName(claim.holderName), claim.label].filter(Boolean).join(' ▸ ')
    );
    const { button } = await showDialog({
      title: trans.__('Restart the kernel of %1?', name),
      body: [
        trans.__('It runs nothing now and keeps %1 of GPU memory.', formatBytes(bytes)),
        who.length ? trans.__('Waiting for it: %1.', who.join(', ')) : '',
        trans.__('Its variables will be lost; its notebook stays as it is.')
      ]
        .filter(Boolean)
        .join(' '),
      buttons: [
        Dialog.cancelButton({ label: trans.__('Keep it') }),
        Dialog.warnButton({ label: trans.__('Restart') })
      ],
      defaultButton: 0
    });
    return button.accept;
  }

  private _whoWaits(kernelId: string): readonly ClaimView[] {
    return (this._options.arbiter.snapshot?.claims ?? []).filter(
      claim =>
        claim.state === 'waiting' && claim.reason.blockers.some(it => it.holderId === kernelId)
    );
  }

  /** Its owner agreed to the restart of an idle kernel, and may have run a cell since. */
  private _checkIdle(kernelId: string, name: string): void {
    const { arbiter, trans } = this._options;
    const kernel = arbiter.snapshot?.holders.find(it => it.id === kernelId);
    if (kernel?.state === 'running') {
      throw new Error(trans.__('The kernel of %1 runs a cell now. It was not restarted.', name));
    }
  }

  private async _restart(kernelId: string): Promise<void> {
    const { tracker, serverSettings } = this._options;
    const open = tracker?.find(it => it.sessionContext.session?.kernel?.id === kernelId);
    await (open
      ? open.sessionContext.restartKernel()
      : KernelAPI.restartKernel(kernelId, serverSettings));
  }

  /** Do what was requested; a refusal is shown, since nothing else would report it. */
  private async _show(act: () => Promise<void>): Promise<void> {
    try {
      await act();
    } catch (error) {
      Notification.error((error as Error).message, { autoClose: SHOWN_MS });
    }
  }
}

/** What components may call. */
export function keeperCalls(consent: IConsent): KeeperCalls {
  return {
    onFree: kernelId => void consent.free(kernelId),
    onRestart: kernelId => void consent.restart(kernelId),
    onRequest: (kernelId, claimId) => void consent.request(kernelId, claimId),
    onDecline: kernelId => void consent.decline(kernelId),
    onRelease: kernelId => void consent.release(kernelId),
    onKeep: kernelId => void consent.keep(kernelId),
    onShutDown: kernelId => void consent.shutDown(kernelId)
  };
}
