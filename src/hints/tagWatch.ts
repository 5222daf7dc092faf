import type { IDisposable } from '@lumino/disposable';
import { type ISignal, Signal } from '@lumino/signaling';

/** How often it checks, in ms. */
const LOOK_MS = 500;

/**
 * Reports when the tags of a cell have changed.
 *
 * #### Notes
 * JupyterLab's own tool adds the first tag of a cell to the list that is already
 * in the metadata, so that nothing seems to change and no signal is emitted
 * (jupyterlab/jupyterlab#14449). Hence the polling.
 */
export class TagWatch implements IDisposable {
  /**
   * @param read - The tags of the current cell.
   */
  constructor(private readonly _read: () => unknown) {
    this._timer = setInterval(() => this._look(), LOOK_MS);
  }

  /** Emitted when the tags differ, including those of a different cell. */
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
