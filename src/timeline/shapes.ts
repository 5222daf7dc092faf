import type { CustomSeriesRenderItem } from 'echarts';

import type { Palette } from '../history/palette';
import type { Look, Mark } from './marks';

/** The part of a row that a run fills. */
const FILLED = 0.62;

/** The narrowest run, in pixels. */
const WIDTH_MIN = 2;

/** Half the size of the cross of what failed or never ran, in pixels. */
const CROSS = 3.5;

/** Waits narrower than this are not drawn, in pixels. */
const WAIT_MIN = 1;

type Shape = Exclude<ReturnType<CustomSeriesRenderItem>, null | undefined>;

/** Where a mark is, in pixels. */
type Place = {
  readonly start: number;
  readonly granted: number;
  readonly end: number;
  /** The middle of its row. */
  readonly y: number;
  readonly height: number;
};

/** The colour of each look. */
export function toneOf(palette: Palette, look: Look): string {
  switch (look) {
    case 'waiting':
      return palette.wait;
    case 'running':
      return palette.run;
    case 'done':
      return palette.done;
    case 'failed':
    case 'unrun':
      return palette.error;
  }
}

/**
 * Draws marks: a wait is a dashed line, a run is a bar, a bar that goes on has an open end, and
 * what failed or never ran ends with a cross.
 */
export function drawn(marks: readonly Mark[], palette: Palette): CustomSeriesRenderItem {
  return (params, api) => {
    const mark = marks[params.dataIndex];
    if (!mark) {
      return null;
    }
    const [start = 0, y = 0] = api.coord([mark.startMs, mark.row]);
    const [granted = 0] = api.coord([mark.grantedMs, mark.row]);
    const [end = 0] = api.coord([mark.endMs, mark.row]);
    const [, height = 0] = api.size!([0, 1]) as number[];
    const place = { start, granted, end, y, height: height * FILLED };
    const isRun = mark.look !== 'waiting' && mark.look !== 'unrun';
    return {
      type: 'group',
      children: [
        ...(granted - start < WAIT_MIN || mark.spans.length > 1 ? [] : [wait(place, palette)]),
        ...(isRun ? [run(place, mark, palette)] : []),
        ...(mark.look === 'running' ? [tip(place, palette)] : []),
        ...(mark.look === 'failed' || mark.look === 'unrun' ? [cross(place, palette)] : [])
      ]
    } as Shape;
  };
}

function wait({ start, granted, y }: Place, { wait: stroke }: Palette): object {
  return {
    type: 'line',
    shape: { x1: start, y1: y, x2: granted, y2: y },
    style: { stroke, lineWidth: 3, lineDash: [4, 3] }
  };
}

function run({ start, granted, end, y, height }: Place, mark: Mark, palette: Palette): object {
  const x = mark.spans.length > 1 ? start : granted;
  const width = Math.max(WIDTH_MIN, end - x);
  return {
    type: 'rect',
    shape: { x, y: y - height / 2, width, height },
    style: { fill: toneOf(palette, mark.look) }
  };
}

/** The open end of a run that goes on. */
function tip({ end, y, height }: Place, { run: fill }: Palette): object {
  const half = height / 2;
  return {
    type: 'polygon',
    shape: {
      points: [
        [end, y - half],
        [end + half, y],
        [end, y + half]
      ]
    },
    style: { fill }
  };
}

function cross({ end, y, height }: Place, { error, ground }: Palette): object {
  const path = `M${end - CROSS},${y - CROSS}L${end + CROSS},${y + CROSS}M${end + CROSS},${y - CROSS}L${end - CROSS},${y + CROSS}`;
  return {
    type: 'group',
    children: [
      {
        type: 'circle',
        shape: { cx: end, cy: y, r: Math.min(CROSS + 2, height / 2) },
        style: { fill: ground, stroke: error }
      },
      {
        type: 'path',
        shape: { pathData: path },
        style: { stroke: error, lineWidth: 1.5, fill: 'none' }
      }
    ]
  };
}
