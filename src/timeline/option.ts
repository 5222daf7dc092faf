import type { EChartsCoreOption } from 'echarts/core';
import type { TranslationBundle } from '@jupyterlab/translation';

import { timeOption, tooltipOption } from '../history/axes';
import type { TimeSpan } from '../history/client';
import type { Palette } from '../history/palette';
import type { Mark } from './marks';
import type { Row } from './rows';
import { drawn } from './shapes';
import { markWords } from './words';

/** The height of a row, in pixels. */
const ROW_PIXELS = 26;

/** What the chart has besides rows, in pixels. */
const MARGIN = { top: 8, bottom: 28, left: 190, right: 24 };

/** What the timeline draws. */
export type TimelineScene = {
  readonly trans: TranslationBundle;
  readonly rows: readonly Row[];
  /** Of each row. */
  readonly marks: readonly (readonly Mark[])[];
  /** What is below the pointer; null for nothing. */
  readonly pointed: () => Mark | null;
  readonly range: TimeSpan;
  readonly seen: TimeSpan;
  /** The size in pixels. */
  readonly width: number;
  readonly height: number;
  readonly palette: Palette;
  readonly nowMs: number;
};

/** How many pixels the axis of time has. */
export function pixelsOf(width: number): number {
  return Math.max(1, width - MARGIN.left - MARGIN.right);
}

/** The timeline, as ECharts is told. */
export function timelineOption(scene: TimelineScene): EChartsCoreOption {
  const { trans, rows, marks, palette } = scene;
  const base = timeOption(scene.range, scene.seen, palette);
  const fit = Math.max(1, Math.floor((scene.height - MARGIN.top - MARGIN.bottom) / ROW_PIXELS));
  const unused = Math.max(0, fit - rows.length) * ROW_PIXELS;
  return {
    ...base,
    grid: { ...MARGIN, bottom: MARGIN.bottom + unused, containLabel: false },
    yAxis: rowAxis(scene),
    dataZoom: [...(base['dataZoom'] as object[]), rowZoom(rows.length, fit, palette)],
    tooltip: {
      ...tooltipOption(palette),
      trigger: 'item',
      formatter: () => {
        const mark = scene.pointed();
        return mark ? card(markWords(trans, mark, scene.nowMs)) : '';
      }
    },
    series: [
      {
        type: 'custom',
        clip: true,
        encode: { x: [0, 1], y: 2 },
        renderItem: drawn(marks, scene.seen, palette),
        data: rows.map((_, row) => [scene.range.fromMs, scene.range.toMs, row])
      }
    ]
  };
}

function rowAxis({ trans, rows, palette }: TimelineScene): object {
  return {
    type: 'category',
    inverse: true,
    data: rows.map(row => labelOf(trans, row)),
    axisTick: { show: false },
    axisLine: { lineStyle: { color: palette.line } },
    splitLine: { show: true, lineStyle: { color: palette.line, opacity: 0.5 } },
    axisLabel: { color: palette.text, width: MARGIN.left - 16, overflow: 'truncate', interval: 0 }
  };
}

function labelOf(trans: TranslationBundle, { name, depth, isLive }: Row): string {
  const below = depth > 0 ? `${'  '.repeat(depth - 1)}└ ` : '';
  return `${below}${isLive ? name : trans.__('%1 (ended)', name)}`;
}

/** Rows that have no place are scrolled to. */
function rowZoom(rows: number, fit: number, palette: Palette): object {
  return {
    type: 'slider',
    yAxisIndex: 0,
    show: rows > fit,
    filterMode: 'filter',
    zoomLock: true,
    right: 4,
    width: 12,
    brushSelect: false,
    showDetail: false,
    borderColor: palette.line,
    minValueSpan: Math.min(rows, fit) - 1,
    maxValueSpan: Math.min(rows, fit) - 1
  };
}

/** Built from text, and never from markup: names are other people's. */
function card({ title, lines }: ReturnType<typeof markWords>): HTMLElement {
  const node = document.createElement('div');
  node.className = 'cg-Card';
  node.append(Object.assign(document.createElement('strong'), { textContent: title }));
  for (const line of lines) {
    node.append(Object.assign(document.createElement('div'), { textContent: line }));
  }
  return node;
}
