import type { IDisposable } from '@lumino/disposable';
import { type ISignal, Signal } from '@lumino/signaling';

import { type Fit, type FitCell, FITS_MAX } from '../../server/protocol/view';
import type { IArbiter } from '../tokens';

/** How long a new question waits for others, such as the next key that a person types, in ms. */
const SOON_MS = 250;

/** Known answers are requested again this long after a change, in ms. */
const AGAIN_MS = 1000;

/**
 * How the cells of one notebook would fare if they ran now (ADM11), and what they usually
 * need (LEARN6), as far as the sidecar was asked.
 *
 * #### Notes
 * All questions share one request, one at a time. Answers that nobody has read since the last one are not requested
 * again, and nothing is requested while nobody looks.
 */
export class Fits implements IDisposable {
  constructor(
    private readonly _arbiter: IArbiter,
    private readonly _isShown: () => boolean
  ) {
    _arbiter.changed.connect(this._onArbiter, this);
  }

  /** Emitted when answers may have changed. */
  get changed(): ISignal<this, void> {
    return this._changed;
  }

  get isDisposed(): boolean {
    return this._isDisposed;
  }

  dispose(): void {
    this._isDisposed = true;
    window.clearTimeout(this._timer);
    Signal.clearData(this);
  }

  /** How a cell would fare; null until known. */
  of(kernelId: string, cell: FitCell): Fit | null {
    if (kernelId !== this._kernelId) {
      this._kernelId = kernelId;
      this._forget();
    }
    const key = JSON.stringify(cell);
    if (this._wanted.has(key) || this._wanted.size < FITS_MAX) {
      this._wanted.set(key, cell);
      this._known.has(key) || this._askIn(SOON_MS);
    }
    return this._known.get(key) ?? null;
  }

  private _onArbiter(): void {
    if (this._arbiter.connection.state !== 'live') {
      this._forget();
    } else if (this._wanted.size) {
      this._askIn(AGAIN_MS);
    }
  }

  private _forget(): void {
    this._known = new Map();
    this._wanted = new Map();
  }

  private _askIn(ms: number): void {
    if (this._timer === 0 && !this._isDisposed) {
      this._timer = window.setTimeout(() => void this._ask(), ms);
    }
  }

  private async _ask(): Promise<void> {
    const [kernelId, wanted] = [this._kernelId, this._wanted];
    // A kernel may be on another node, or not have said hello yet.
    const isKnown = this._arbiter.snapshot?.holders.some(it => it.id === kernelId);
    if (!isKnown || wanted.size === 0 || !this._isShown()) {
      this._timer = 0;
      return; // the next change triggers another request
    }
    this._wanted = new Map();
    const fits = await this._arbiter.fits(kernelId, [...wanted.values()]).catch(() => []);
    this._timer = 0;
    if (this._isDisposed) {
      return;
    }
    if (kernelId === this._kernelId) {
      // An unanswered question is not repeated before something changes.
      this._known = new Map([...wanted.keys()].map((key, i) => [key, fits[i] ?? null]));
    }
    this._changed.emit();
  }

  private readonly _changed = new Signal<this, void>(this);
  private _kernelId = '';
  private _known = new Map<string, Fit | null>();
  /** Questions since the last request. */
  private _wanted = new Map<string, FitCell>();
  private _timer = 0;
  private _isDisposed = false;
}
