import type { TranslationBundle } from '@jupyterlab/translation';
import * as React from 'react';

import { Chart, type ChartProps } from '../history/Chart';
import type { TimeSpan } from '../history/client';
import type { Palette } from '../history/palette';
import { useSeen } from '../history/useSeen';
import { ZoomButtons } from '../history/ZoomButtons';
import { type Mark, markAt, marksOf } from './marks';
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

/** What is drawn of the visible span, and what of it the pointer means. */
function useScene(
  props: TimelineViewProps,
  { fromMs, toMs }: TimeSpan
): Pick<ChartProps, 'option' | 'onSize' | 'onPoint'> & { readonly pointed: () => Mark | null } {
  const { trans, rows, range, nowMs, palette } = props;
  const [[width, height], setSize] = React.useState<readonly [number, number]>([900, 400]);
  const pointed = React.useRef<Mark | null>(null);
  const marks = React.useMemo(
    () => marksOf(rows, { fromMs, toMs }, pixelsOf(width), nowMs),
    [rows, fromMs, toMs, width, nowMs]
  );
  const option = React.useMemo(
    () =>
      timelineOption({
        ...{ trans, rows, marks, range, nowMs, palette, width, height },
        seen: { fromMs, toMs },
        pointed: () => pointed.current
      }),
    [trans, rows, marks, range, nowMs, palette, width, height, fromMs, toMs]
  );
  return {
    option,
    pointed: () => pointed.current,
    onSize: (w, h) => setSize([w, h]),
    onPoint: (atMs, row) => {
      const apartMs = ((toMs - fromMs) / pixelsOf(width)) * NEAR_PIXELS;
      pointed.current = markAt(marks[row] ?? [], atMs, apartMs);
    }
  };
}

function TimelineChart(props: TimelineViewProps & { readonly count: number }): JSX.Element {
  const { trans, rows } = props;
  const seen = useSeen(props.range);
  const { pointed, ...scene } = useScene(props, seen.span);
  const onPick = (): void => {
    const mark = pointed();
    if (mark && mark.spans.length > 1) {
      seen.onZoom(...around(mark));
    } else if (mark && props.canPick(mark.spans[0]!)) {
      props.onPick(mark.spans[0]!);
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
        {...scene}
        label={trans.__(
          'Timeline: %1 executions of %2 kernels. Arrow keys move, plus and minus zoom, 0 shows all. The same as a table: the button "Table".',
          props.count,
          rows.length
        )}
        onZoom={seen.onZoom}
        onKeyDown={seen.onKeyDown}
        onPick={onPick}
      />
    </>
  );
}

/** This far from a mark the pointer still means it, in pixels. */
const NEAR_PIXELS = 8;

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
