import type { TranslationBundle } from '@jupyterlab/translation';
import * as React from 'react';

import type { SeriesView } from '../../server/protocol/history';
import { Chart, type ChartProps } from './Chart';
import type { TimeSpan } from './client';
import type { Palette } from './palette';
import { plotsOf, plotsOption } from './plots';
import { useSeen } from './useSeen';
import { ZoomButtons } from './ZoomButtons';

/** What the plots show, and what they report. */
export type PlotsViewProps = Pick<ChartProps, 'onPicture' | 'onProblem'> & {
  readonly trans: TranslationBundle;
  /** Null while it is being loaded. */
  readonly series: SeriesView | null;
  readonly range: TimeSpan;
  readonly palette: Palette;
  readonly isTable: boolean;
  /** What can be shown, by the word of the API. */
  readonly subjects: readonly { readonly word: string; readonly name: string }[];
  readonly subject: string;
  readonly onSubject: (word: string) => void;
};

/** Figures of the node, a kernel or a GPU over time. */
export function PlotsView(props: PlotsViewProps): JSX.Element {
  const { trans, series } = props;
  const seen = useSeen(props.range);
  return (
    <div className="cg-Plots">
      <header className="cg-Timeline-head">
        <label>
          {trans.__('Of')}{' '}
          <select
            className="cg-Select"
            value={props.subject}
            onChange={event => props.onSubject(event.target.value)}
          >
            {props.subjects.map(({ word, name }) => (
              <option key={word} value={word}>
                {name}
              </option>
            ))}
          </select>
        </label>
        <ZoomButtons trans={trans} seen={seen} />
      </header>
      {series === null || plotsOf(trans, series).length === 0 ? (
        <p className="cg-Empty" role="status">
          {series ? trans.__('Nothing was recorded in this time.') : trans.__('Loading…')}
        </p>
      ) : props.isTable ? (
        <PlotTable {...props} series={series} />
      ) : (
        <PlotChart {...props} series={series} seen={seen} />
      )}
    </div>
  );
}

type Known = PlotsViewProps & { readonly series: SeriesView };

function PlotChart(props: Known & { readonly seen: ReturnType<typeof useSeen> }): JSX.Element {
  const { trans, series, range, palette, seen } = props;
  const [height, setHeight] = React.useState(400);
  const { fromMs, toMs } = seen.span;
  const option = React.useMemo(
    () => plotsOption({ trans, series, range, palette, height, seen: { fromMs, toMs } }),
    [trans, series, range, palette, height, fromMs, toMs]
  );
  return (
    <Chart
      // Another number of plots is another chart.
      key={plotsOf(trans, series).length}
      {...props}
      option={option}
      label={trans.__(
        'Plots: %1. Arrow keys move, plus and minus zoom, 0 shows all. The same as a table: the button "Table".',
        plotsOf(trans, series)
          .map(plot => plot.title)
          .join(', ')
      )}
      onZoom={seen.onZoom}
      onKeyDown={seen.onKeyDown}
      onSize={(_, h) => setHeight(h)}
    />
  );
}

/** The newest figures first. */
function PlotTable({ trans, series }: Known): JSX.Element {
  const lines = plotsOf(trans, series).flatMap(({ title, format, lines: its }) =>
    its.map(({ figure, name }) => ({ figure, format, title: `${title}, ${name}` }))
  );
  return (
    <table className="cg-Table">
      <thead>
        <tr>
          <th scope="col">{trans.__('Time')}</th>
          {lines.map(({ title }) => (
            <th key={title} scope="col">
              {title}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {series.atMs
          .map((atMs, i) => (
            <tr key={atMs}>
              <th scope="row">{new Date(atMs).toLocaleString()}</th>
              {lines.map(({ figure, format, title }) => {
                const value = series.values[figure]?.[i] ?? null;
                return <td key={title}>{value === null ? '–' : format(value)}</td>;
              })}
            </tr>
          ))
          .reverse()}
      </tbody>
    </table>
  );
}
