import type { IDisposable } from '@lumino/disposable';
import { type ISignal, Signal } from '@lumino/signaling';

/** How often it looks, in ms. */
const LOOK_MS = 500;

/**
 * Tells that the tags of a cell are others than before.
 *
 * #### Notes
 * JupyterLab's own tool adds the first tag of a cell to the list that the
 * metadata holds already, so that nothing seems to change and no signal tells
 * of it (jupyterlab/jupyterlab#14449). Hence somebody has to look.
 */
export class TagWatch implements IDisposable {
  /**
   * @param read - The tags of the cell that is meant now.
   */
  constructor(private readonly _read: () => unknown) {
    this._timer = setInterval(() => this._look(), LOOK_MS);
  }

  /** Emitted when the tags are others, be it those of another cell. */
  get changed(): ISignal<this, void> {
    return this._changed;
  }

  get isDisposed(): boolean {
    return this._isDisposed;
  }

  dispose(): void {
    this._isDisposed = true;
    clearInterval(this._timer);
    Signal.clearData(this);
  }

  private _look(): void {
    const tags = JSON.stringify(this._read()) ?? '';
    if (tags !== this._known) {
      this._known = tags;
      this._changed.emit();
    }
  }

  private readonly _timer: ReturnType<typeof setInterval>;
  private readonly _changed = new Signal<this, void>(this);
  private _known = '';
  private _isDisposed = false;
}
