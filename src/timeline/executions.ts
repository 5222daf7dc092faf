import { type ISignal, Signal } from '@lumino/signaling';

import type { IHistoryClient, TimeSpan } from '../history/client';
import { type Span, spanOf } from './spans';

/** The executions of one request. */
const PAGE = 1000;

/** More are not loaded. */
const EXECUTIONS_MAX = 20_000;

/**
 * The executions since a moment, oldest first.
 *
 * #### Notes
 * Loaded page by page, and then only what has ended since. What is asked for while an answer is
 * awaited is asked when that has come.
 */
export class Executions {
  constructor(private readonly _client: IHistoryClient) {}

  get spans(): readonly Span[] {
    return this._spans;
  }

  /** Whether the last request failed, in a sentence for people. */
  get problem(): string | null {
    return this._problem;
  }

  /** Whether all of the range is there. */
  get isComplete(): boolean {
    return this._isComplete;
  }

  /** Whether there are more than are loaded: then these are the oldest of the range. */
  get isFull(): boolean {
    return this._spans.length >= EXECUTIONS_MAX;
  }

  /** Emitted after each page, and each failure. */
  get changed(): ISignal<this, void> {
    return this._changed;
  }

  /** Start again with what ended in a span; its end is open. */
  async show({ fromMs }: Pick<TimeSpan, 'fromMs'>): Promise<void> {
    this._turn++;
    this._fromMs = fromMs;
    this._after = undefined;
    this._spans = [];
    this._isComplete = false;
    this._loading = null;
    await this.more();
  }

  /** Load what has ended since the last time. Resolves when all of it is there. */
  more(): Promise<void> {
    const turn = this._turn;
    this._loading ??= this._load(turn).finally(() => {
      this._loading = turn === this._turn ? null : this._loading;
    });
    return this._loading;
  }

  private async _load(turn: number): Promise<void> {
    try {
      while (turn === this._turn && !this.isFull && (await this._page(turn))) {
        this._changed.emit();
      }
    } catch (error) {
      if (turn === this._turn) {
        this._problem = (error as Error).message;
        this._changed.emit();
      }
    }
  }

  /** Load one page; whether there are more. */
  private async _page(turn: number): Promise<boolean> {
    const { _fromMs: from, _after: after } = this;
    const rest = after === undefined ? {} : { after };
    const page = await this._client.executions({ from, limit: PAGE, ...rest });
    if (turn !== this._turn) {
      return false;
    }
    this._problem = null;
    if (page.executions.length) {
      this._spans = [...this._spans, ...page.executions.map(spanOf)];
      this._after = page.executions.at(-1)!.row;
    }
    if (page.next !== null) {
      return true;
    }
    const isNews = page.executions.length > 0 || !this._isComplete;
    this._isComplete = true;
    isNews && this._changed.emit();
    return false;
  }

  private _turn = 0;
  private _fromMs = 0;
  private _after: number | undefined;
  private _spans: readonly Span[] = [];
  private _problem: string | null = null;
  private _isComplete = false;
  private _loading: Promise<void> | null = null;
  private readonly _changed = new Signal<this, void>(this);
}
