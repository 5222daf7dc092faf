import { type ISignal, Signal } from '@lumino/signaling';
import type { IDisposable } from '@lumino/disposable';

import type { ReportBy, ReportView, SeriesOf, SeriesView } from '../../server/protocol/history';
import { type IHistoryClient, nameOf, type TimeSpan } from '../history/client';
import { Latest } from '../history/latest';
import { type Range, RANGES } from '../history/range';
import type { IArbiter, IKernelPaths } from '../tokens';
import { Executions } from './executions';
import { type Row, rowsOf } from './rows';
import { activeSpan } from './spans';

/** What of the past is shown. */
export type View = 'timeline' | 'plots' | 'report';

/** What a person chose to see. */
export type Choice = {
  readonly view: View;
  readonly range: Range;
  readonly isTable: boolean;
  readonly of: SeriesOf;
  readonly by: ReportBy;
};

/** How many points a plot has at most. */
const POINTS = 400;

/** Plots and reports are asked for again after a point's time, and at most this often, in ms. */
const AGAIN_MS_MIN = 5000;

/**
 * The past as it is shown: what was chosen, and what was loaded for it.
 *
 * #### Notes
 * Asks for nothing before {@link tick}, which is called about once a second while somebody looks.
 */
export class Board implements IDisposable {
  constructor(
    private readonly _client: IHistoryClient,
    private readonly _arbiter: IArbiter,
    private readonly _kernelPaths: IKernelPaths
  ) {
    this.executions = new Executions(_client);
    for (const { changed } of [this.executions, this.plots, this.report]) {
      (changed as ISignal<unknown, void>).connect(this._emit, this);
    }
    _arbiter.changed.connect(this._onArbiter, this);
  }

  readonly executions: Executions;
  readonly plots = new Latest<SeriesView>();
  readonly report = new Latest<ReportView>();

  get choice(): Choice {
    return this._choice;
  }

  /** The range that is shown; it ends now. */
  get span(): TimeSpan {
    return this._span;
  }

  /** Why what is shown may be incomplete, in a sentence for people; null if it is not. */
  get problem(): string | null {
    const { view } = this._choice;
    const loaded = { timeline: this.executions, plots: this.plots, report: this.report };
    return loaded[view].problem;
  }

  /** Emitted when something else is to be shown. */
  get changed(): ISignal<this, void> {
    return this._changed;
  }

  get isDisposed(): boolean {
    return this._isDisposed;
  }

  dispose(): void {
    this._isDisposed = true;
    Signal.clearData(this);
  }

  /** Show something else. */
  choose(choice: Partial<Choice>): void {
    const { range, of, by } = this._choice;
    this._choice = { ...this._choice, ...choice };
    const isOther = this._choice.range !== range;
    if (isOther || nameOf(this._choice.of) !== nameOf(of)) {
      this.plots.clear();
    }
    if (isOther || this._choice.by !== by) {
      this.report.clear();
    }
    this._isLoaded = this._isLoaded && !isOther;
    this._askedMs = 0;
    this.tick();
    this._emit();
  }

  /** The rows of the timeline, with what waits and runs now. */
  rows(): readonly Row[] {
    const { snapshot } = this._arbiter;
    const past = this.executions.spans.filter(({ endedMs }) => (endedMs ?? 0) >= this._span.fromMs);
    const ended = new Set(past.slice(-POINTS).map(({ claimId }) => claimId));
    const now = (snapshot?.claims ?? []).flatMap(claim => {
      const span = activeSpan(claim);
      return span && !ended.has(span.claimId) ? [span] : [];
    });
    return rowsOf([...past, ...now], snapshot?.holders ?? [], this._kernelPaths.paths);
  }

  /** Load what is due, and let what goes on grow. */
  tick(): void {
    const nowMs = this._arbiter.nowMs();
    const length = RANGES[this._choice.range];
    const isActive = this._arbiter.snapshot?.claims.some(({ state }) => state !== 'done') ?? false;
    this._span = { fromMs: nowMs - length, toMs: nowMs };
    switch (this._choice.view) {
      case 'timeline':
        this._loadExecutions();
        break;
      case 'plots':
      case 'report':
        this._loadFigures(nowMs, Math.max(AGAIN_MS_MIN, length / POINTS));
    }
    if (this._choice.view === 'timeline' && isActive) {
      this._emit();
    }
  }

  private _loadExecutions(): void {
    if (!this._isLoaded) {
      this._isLoaded = true;
      void this.executions.show(this._span);
    } else if (this._isNews) {
      void this.executions.more();
    }
    this._isNews = false;
  }

  private _loadFigures(nowMs: number, againMs: number): void {
    if (nowMs - this._askedMs < againMs) {
      return;
    }
    this._askedMs = nowMs;
    const { view, of, by } = this._choice;
    if (view === 'plots') {
      void this.plots.ask(() => this._client.series(of, this._span, POINTS));
    } else {
      void this.report.ask(() => this._client.report(by, this._span));
    }
  }

  private _onArbiter(): void {
    this._isNews = true;
  }

  private _emit(): void {
    this._changed.emit();
  }

  private _choice: Choice = {
    view: 'timeline',
    range: 'hour',
    isTable: false,
    of: { kind: 'node' },
    by: 'notebook'
  };
  private _span: TimeSpan = { fromMs: 0, toMs: 1 };
  private _isLoaded = false;
  private _isNews = false;
  private _askedMs = 0;
  private _isDisposed = false;
  private readonly _changed = new Signal<this, void>(this);
}
