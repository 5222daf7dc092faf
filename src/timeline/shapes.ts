import type { CustomSeriesRenderItem } from 'echarts';

import type { TimeSpan } from '../history/client';
import type { Palette } from '../history/palette';
import type { Mark } from './marks';

/** The part of a row that a run fills. */
const FILLED = 0.62;

/** The narrowest run, in pixels. */
const WIDTH_MIN = 2;

/** Half the size of the cross of what failed or never ran, in pixels. */
const CROSS = 3.5;

/** Waits narrower than this are not drawn, in pixels. */
const WAIT_MIN = 1;

type Shape = Exclude<ReturnType<CustomSeriesRenderItem>, null | undefined>;

/** The marks of one row, and their times as pixels. */
type Place = {
  readonly marks: readonly Mark[];
  readonly at: (ms: number) => number;
  /** The middle of the row. */
  readonly y: number;
  /** Half the height of a run. */
  readonly half: number;
};

/**
 * Draws rows of marks: a wait is a dashed line, a run is a bar, a bar that goes on has an open end, and
 * what failed or never ran ends with a cross.
 *
 * #### Notes
 * One shape for all that looks the same in a row: thousands of shapes would take a second to draw.
 */
export function drawn(
  rows: readonly (readonly Mark[])[],
  seen: TimeSpan,
  palette: Palette
): CustomSeriesRenderItem {
  return ({ dataIndex }, api) => {
    const [from = 0, y = 0] = api.coord([seen.fromMs, dataIndex]);
    const [to = 0] = api.coord([seen.toMs, dataIndex]);
    const [, height = 0] = api.size!([0, 1]) as number[];
    const perMs = (to - from) / (seen.toMs - seen.fromMs);
    const at = (ms: number): number => Math.round((from + (ms - seen.fromMs) * perMs) * 10) / 10;
    const place = { marks: rows[dataIndex] ?? [], at, y, half: (height * FILLED) / 2 };
    const dashed = { fill: 'none', stroke: palette.wait, lineWidth: 3, lineDash: [4, 3] };
    const ends = { fill: palette.ground, stroke: palette.error, lineWidth: 1.5 };
    return {
      type: 'group',
      children: [
        path(place, waitOf, dashed),
        path(place, runOf('done'), { fill: palette.done }),
        path(place, runOf('failed'), { fill: palette.error }),
        path(place, runOf('running'), { fill: palette.run }),
        path(place, crossOf, ends)
      ].flat()
    } as Shape;
  };
}

/** What of a mark is a part of such a path, in SVG's syntax; empty for nothing. */
type Stroke = (mark: Mark, place: Place) => string;

function path(place: Place, stroke: Stroke, style: object): readonly object[] {
  const pathData = place.marks.map(mark => stroke(mark, place)).join('');
  return pathData === '' ? [] : [{ type: 'path', shape: { pathData }, style }];
}

const waitOf: Stroke = ({ startMs, grantedMs, spans }, { at, y }) => {
  const [start, granted] = [at(startMs), at(grantedMs)];
  return granted - start < WAIT_MIN || spans.length > 1 ? '' : `M${start},${y}H${granted}`;
};

function runOf(look: Mark['look']): Stroke {
  return (mark, { at, y, half }) => {
    if (mark.look !== look) {
      return '';
    }
    const x = at(mark.spans.length > 1 ? mark.startMs : mark.grantedMs);
    const end = Math.max(x + WIDTH_MIN, at(mark.endMs));
    const tip = look === 'running' ? `L${end + half},${y}` : '';
    return `M${x},${y - half}H${end}${tip}L${end},${y + half}H${x}Z`;
  };
}

const crossOf: Stroke = ({ look, endMs }, { at, y }) => {
  if (look !== 'failed' && look !== 'unrun') {
    return '';
  }
  const [x, r] = [at(endMs), CROSS + 2];
  const circle = `M${x - r},${y}A${r},${r},0,1,0,${x + r},${y}A${r},${r},0,1,0,${x - r},${y}Z`;
  const [left, right, top, bottom] = [x - CROSS, x + CROSS, y - CROSS, y + CROSS];
  return `${circle}M${left},${top}L${right},${bottom}M${right},${top}L${left},${bottom}`;
};
