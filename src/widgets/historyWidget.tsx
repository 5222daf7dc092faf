import type { TranslationBundle } from '@jupyterlab/translation';
import { ReactWidget } from '@jupyterlab/ui-components';
import type { Message } from '@lumino/messaging';
import * as React from 'react';

import { baseName } from '../format';
import type { Picture } from '../history/Chart';
import { nameOf } from '../history/client';
import { type Palette, paletteOf } from '../history/palette';
import { PlotsView } from '../history/PlotsView';
import { ReportView } from '../history/ReportView';
import type { Board } from '../timeline/board';
import { type Format, HistoryBar } from '../timeline/HistoryBar';
import type { Span } from '../timeline/spans';
import { TimelineView } from '../timeline/TimelineView';
import type { IArbiter, IKernelPaths } from '../tokens';
import { save } from './save';
import { subjectsOf } from './subjects';

/** How often what is shown is brought up to date, in ms. */
const TICK_MS = 1000;

/** What the widget depends on. */
export type HistoryWidgetOptions = {
  readonly board: Board;
  readonly arbiter: IArbiter;
  readonly kernelPaths: IKernelPaths;
  readonly trans: TranslationBundle;
  /** Whether the cell of an execution can be shown. */
  readonly canShow: (span: Span) => boolean;
  readonly onShow: (span: Span) => void;
};

/**
 * The past of this node in the main area: timeline, plots and report.
 *
 * #### Notes
 * Asks and draws at most once a second, and nothing while it is hidden.
 */
export class HistoryWidget extends ReactWidget {
  constructor(private readonly _options: HistoryWidgetOptions) {
    super();
    this.addClass('cg-History');
    _options.board.changed.connect(this._onChanged, this);
  }

  dispose(): void {
    window.clearInterval(this._timer);
    this._options.board.dispose();
    super.dispose();
  }

  /** Draw in the colours of the theme in force. */
  recolour(): void {
    this._palette = null;
    this._onChanged();
  }

  protected onAfterShow(msg: Message): void {
    super.onAfterShow(msg);
    window.clearInterval(this._timer);
    this._timer = window.setInterval(() => this._options.board.tick(), TICK_MS);
    this._options.board.tick();
    this.update();
  }

  protected onAfterHide(msg: Message): void {
    window.clearInterval(this._timer);
    super.onAfterHide(msg);
  }

  protected onActivateRequest(): void {
    this.node.querySelector<HTMLElement>('[role="tab"][aria-selected="true"]')?.focus();
  }

  protected render(): React.ReactElement {
    const { board, trans } = this._options;
    const { choice } = board;
    const problem = this._problem ?? board.problem;
    return (
      <>
        <HistoryBar
          trans={trans}
          choice={choice}
          formats={this._picture ? ['png', 'svg', 'json'] : ['json']}
          onChoose={its => board.choose(its)}
          onExport={format => this._export(format)}
        />
        {problem !== null && (
          <p className="cg-Notice" role="status">
            {problem}
          </p>
        )}
        <div
          id="cg-history-view"
          className="cg-History-view"
          role="tabpanel"
          aria-labelledby={`cg-tab-${choice.view}`}
        >
          {this._view()}
        </div>
      </>
    );
  }

  private _view(): React.ReactElement {
    const { board, trans, canShow, onShow } = this._options;
    const { choice, span, executions, plots, report } = board;
    this._palette ??= paletteOf(this.node);
    const common = { trans, range: span, isTable: choice.isTable, palette: this._palette };
    const reports = { onPicture: this._onPicture, onProblem: this._onProblem };
    switch (choice.view) {
      case 'timeline':
        return (
          <TimelineView
            {...common}
            {...reports}
            rows={board.rows()}
            nowMs={span.toMs}
            isLoading={!executions.isComplete && executions.problem === null}
            isFull={executions.isFull}
            canPick={canShow}
            onPick={onShow}
          />
        );
      case 'plots':
        return (
          <PlotsView
            {...common}
            {...reports}
            series={plots.value}
            subjects={this._subjects.map(({ of, name }) => ({ word: nameOf(of), name }))}
            subject={nameOf(choice.of)}
            onSubject={word =>
              board.choose(this._subjects.find(({ of }) => nameOf(of) === word) ?? {})
            }
          />
        );
      case 'report':
        return (
          <ReportView
            trans={trans}
            report={report.value}
            by={choice.by}
            onBy={by => board.choose({ by })}
          />
        );
    }
  }

  private get _subjects(): ReturnType<typeof subjectsOf> {
    const { arbiter, kernelPaths, trans, board } = this._options;
    return subjectsOf(trans, arbiter.snapshot, board.choice.of, holder =>
      baseName(kernelPaths.paths.get(holder.id) ?? holder.name)
    );
  }

  private readonly _onPicture = (picture: Picture | null): void => {
    this._picture = picture;
    this._onChanged();
  };

  private readonly _onProblem = (sentence: string): void => {
    this._problem = sentence;
    this._onChanged();
  };

  private _export(format: Format): void {
    const { board } = this._options;
    const { view } = board.choice;
    const name = `cellgrant-${view}.${format}`;
    if (format === 'json') {
      const shown = {
        timeline: () => board.rows(),
        plots: () => board.plots.value,
        report: () => board.report.value
      };
      save(name, JSON.stringify(shown[view](), null, 2), 'application/json');
    } else if (this._picture && format === 'svg') {
      save(name, this._picture.svg(), 'image/svg+xml');
    } else if (this._picture) {
      save(name, this._picture.png());
    }
  }

  private _onChanged(): void {
    if (this.isVisible) {
      this.update();
    }
  }

  private _palette: Palette | null = null;
  private _picture: Picture | null = null;
  private _problem: string | null = null;
  private _timer = 0;
}
