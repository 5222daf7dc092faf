import type { TranslationBundle } from '@jupyterlab/translation';
import * as React from 'react';

import { Chart, type ChartProps } from '../history/Chart';
import type { TimeSpan } from '../history/client';
import type { Palette } from '../history/palette';
import { useSeen } from '../history/useSeen';
import { ZoomButtons } from '../history/ZoomButtons';
import { type Mark, marksOf } from './marks';
import { pixelsOf, timelineOption } from './option';
import type { Row } from './rows';
import { SpanTable } from './SpanTable';
import type { Span } from './spans';

/** What the timeline shows, and what it reports. */
export type TimelineViewProps = Pick<ChartProps, 'onPicture' | 'onProblem'> & {
  readonly trans: TranslationBundle;
  readonly rows: readonly Row[];
  readonly range: TimeSpan;
  readonly nowMs: number;
  readonly palette: Palette;
  readonly isTable: boolean;
  /** Whether the range is still being loaded. */
  readonly isLoading: boolean;
  /** Whether there are more than are shown. */
  readonly isFull: boolean;
  readonly canPick: (span: Span) => boolean;
  /** Go to the cell of an execution. */
  readonly onPick: (span: Span) => void;
};

/** Cells across all kernels: a row for each, waits dashed, runs solid. */
export function TimelineView(props: TimelineViewProps): JSX.Element {
  const { trans, rows } = props;
  const count = rows.reduce((sum, row) => sum + row.spans.length, 0);
  return (
    <div className="cg-Timeline">
      {props.isFull && (
        <p className="cg-Notice" role="status">
          {trans.__('There are more than %1 executions: choose a shorter range.', count)}
        </p>
      )}
      {count === 0 ? (
        <p className="cg-Empty" role="status">
          {props.isLoading
            ? trans.__('Loading…')
            : trans.__('No cell ran in this time. Run one: it appears here.')}
        </p>
      ) : props.isTable ? (
        <SpanTable {...props} spans={rows.flatMap(row => row.spans)} />
      ) : (
        <TimelineChart {...props} count={count} />
      )}
    </div>
  );
}

function TimelineChart(props: TimelineViewProps & { readonly count: number }): JSX.Element {
  const { trans, rows, range, nowMs, palette } = props;
  const seen = useSeen(range);
  const [[width, height], setSize] = React.useState<readonly [number, number]>([900, 400]);
  const { fromMs, toMs } = seen.span;
  const marks = React.useMemo(
    () => marksOf(rows, { fromMs, toMs }, pixelsOf(width), nowMs),
    [rows, fromMs, toMs, width, nowMs]
  );
  const option = React.useMemo(
    () =>
      timelineOption({
        ...{ trans, rows, marks, range, nowMs, palette, width, height },
        seen: { fromMs, toMs }
      }),
    [trans, rows, marks, range, nowMs, palette, width, height, fromMs, toMs]
  );
  const latest = React.useRef<readonly Mark[]>(marks);
  latest.current = marks;
  const onPick = (index: number): void => {
    const spans = latest.current[index]?.spans ?? [];
    if (spans.length === 1 && props.canPick(spans[0]!)) {
      props.onPick(spans[0]!);
    } else if (spans.length > 1) {
      seen.onZoom(...around(latest.current[index]!));
    }
  };
  return (
    <>
      <header className="cg-Timeline-head">
        <Legend trans={trans} />
        <ZoomButtons trans={trans} seen={seen} />
      </header>
      <Chart
        {...props}
        option={option}
        label={trans.__(
          'Timeline: %1 executions of %2 kernels. Arrow keys move, plus and minus zoom, 0 shows all. The same as a table: the button "Table".',
          props.count,
          rows.length
        )}
        onZoom={seen.onZoom}
        onKeyDown={seen.onKeyDown}
        onPick={onPick}
        onSize={(w, h) => setSize([w, h])}
      />
    </>
  );
}

/** The span in which several executions that were drawn as one have room. */
function around({ startMs, endMs }: Mark): [number, number] {
  const spare = Math.max(500, (endMs - startMs) / 4);
  return [startMs - spare, endMs + spare];
}

function Legend({ trans }: Pick<TimelineViewProps, 'trans'>): JSX.Element {
  return (
    <span className="cg-Legend" aria-hidden="true">
      <i data-look="waiting" />
      {trans.__('waits')}
      <i data-look="running" />
      {trans.__('runs')}
      <i data-look="done" />
      {trans.__('done')}
      <i data-look="failed" />
      {trans.__('failed or never ran')}
    </span>
  );
}
