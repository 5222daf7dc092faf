import type { NotebookPanel } from '@jupyterlab/notebook';
import type { IDisposable } from '@lumino/disposable';
import { Signal } from '@lumino/signaling';

import { METADATA_KEY } from './sources';
import type { IArbiter } from '../tokens';

/**
 * Sends the default hints in a notebook's metadata to the sidecar.
 *
 * #### Notes
 * They belong to the kernel while it lives, so they are sent once to each pair
 * of sidecar and kernel, and again when they change. For a kernel that the
 * sidecar does not know yet they are sent when it appears.
 */
export class NotebookDefaults implements IDisposable {
  constructor(
    private readonly _panel: NotebookPanel,
    private readonly _arbiter: IArbiter,
    /** Shows all current problems, and nothing else. */
    private readonly _warn: (problems: readonly string[]) => void
  ) {
    _arbiter.changed.connect(this._send, this);
    _panel.sessionContext.kernelChanged.connect(this._send, this);
    _panel.content.modelChanged.connect(this._onModel, this);
    this._onModel();
  }

  get isDisposed(): boolean {
    return this._isDisposed;
  }

  dispose(): void {
    this._isDisposed = true;
    this._warn([]);
    Signal.clearData(this);
  }

  private _onModel(): void {
    this._panel.content.model?.metadataChanged.connect(this._send, this);
    this._send();
  }

  private _send(): void {
    const { snapshot, generation } = this._arbiter;
    const kernelId = this._panel.sessionContext.session?.kernel?.id;
    const known = snapshot?.holders.some(kernel => kernel.id === kernelId);
    if (this.isDisposed || !kernelId || !known) {
      return;
    }
    const hints = this._panel.content.model?.getMetadata(METADATA_KEY) ?? {};
    const telling = JSON.stringify([generation, kernelId, hints]);
    const nothingToTell = this._told === null && JSON.stringify(hints) === '{}';
    if (telling !== this._told && !nothingToTell) {
      this._told = telling;
      this._arbiter.setKernelDefaults(kernelId, hints).then(
        () => this._warn([]),
        error => this._warn([(error as Error).message])
      );
    }
  }

  /** What was last sent to the sidecar. */
  private _told: string | null = null;
  private _isDisposed = false;
}
