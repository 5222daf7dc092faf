import type { TranslationBundle } from '@jupyterlab/translation';
import * as React from 'react';

import { type Range, RANGES, rangeTexts } from '../history/range';
import type { Choice, View } from './board';

/** In what forms what is shown can be kept. */
export type Format = 'png' | 'svg' | 'json';

/** What is chosen above what is shown. */
export type HistoryBarProps = {
  readonly trans: TranslationBundle;
  readonly choice: Choice;
  /** The forms in which it can be kept now. */
  readonly formats: readonly Format[];
  readonly onChoose: (choice: Partial<Choice>) => void;
  readonly onExport: (format: Format) => void;
};

/** The views as tabs, the range, and how to keep what is shown. */
export function HistoryBar(props: HistoryBarProps): JSX.Element {
  const { trans, choice, onChoose } = props;
  const ranges = rangeTexts(trans);
  return (
    <div className="cg-HistoryBar">
      <Tabs {...props} />
      <select
        className="cg-Select"
        aria-label={trans.__('How far back')}
        value={choice.range}
        onChange={event => onChoose({ range: event.target.value as Range })}
      >
        {(Object.keys(RANGES) as Range[]).map(range => (
          <option key={range} value={range}>
            {ranges[range]}
          </option>
        ))}
      </select>
      {choice.view !== 'report' && (
        <button
          className="cg-Button"
          aria-pressed={choice.isTable}
          onClick={() => onChoose({ isTable: !choice.isTable })}
        >
          {trans.__('Table')}
        </button>
      )}
      <span className="cg-HistoryBar-export" role="group" aria-label={trans.__('Save as')}>
        {(['png', 'svg', 'json'] as const).map(format => (
          <button
            key={format}
            className="cg-Button"
            disabled={!props.formats.includes(format)}
            title={trans.__('Save what is shown as %1', format.toUpperCase())}
            onClick={() => props.onExport(format)}
          >
            {format.toUpperCase()}
          </button>
        ))}
      </span>
    </div>
  );
}

/** As the ARIA practices have it: one tab stop, and arrows between the tabs. */
function Tabs({ trans, choice, onChoose }: HistoryBarProps): JSX.Element {
  const views: readonly (readonly [View, string])[] = [
    ['timeline', trans.__('Timeline')],
    ['plots', trans.__('Plots')],
    ['report', trans.__('Report')]
  ];
  const at = views.findIndex(([view]) => view === choice.view);
  const onKeyDown = (event: React.KeyboardEvent<HTMLElement>): void => {
    const by = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (by !== undefined) {
      const next = (at + by + views.length) % views.length;
      event.preventDefault();
      onChoose({ view: views[next]![0] });
      event.currentTarget.querySelectorAll('button')[next]?.focus();
    }
  };
  return (
    <div className="cg-Tabs" role="tablist" aria-label={trans.__('View')} onKeyDown={onKeyDown}>
      {views.map(([view, title]) => (
        <button
          key={view}
          role="tab"
          id={`cg-tab-${view}`}
          aria-controls="cg-history-view"
          aria-selected={view === choice.view}
          tabIndex={view === choice.view ? 0 : -1}
          onClick={() => onChoose({ view })}
        >
          {title}
        </button>
      ))}
    </div>
  );
}
