import type { TranslationBundle } from '@jupyterlab/translation';
import type { EChartsCoreOption } from 'echarts/core';

import type { SeriesView } from '../../server/protocol/history';
import { formatBytes, formatNumber } from '../format';
import { timeOption, tooltipOption } from './axes';
import type { TimeSpan } from './client';
import type { Palette } from './palette';

type Figure = keyof SeriesView['values'];

/** One plot: the figures that share an axis. */
type Plot = {
  readonly title: string;
  readonly lines: readonly {
    readonly figure: Figure;
    readonly name: string;
    readonly look: Line;
  }[];
  /** What the axis counts in, so that its ticks are round. */
  readonly unit: number;
  readonly format: (value: number) => string;
};

/** Lines are told apart by their dashes, and not by colour alone. */
type Line = {
  readonly tone: 'run' | 'wait' | 'done';
  readonly dash: 'solid' | 'dashed' | 'dotted';
};

const MEAN: Line = { tone: 'run', dash: 'solid' };
const MOST: Line = { tone: 'run', dash: 'dotted' };
const WAITS: Line = { tone: 'wait', dash: 'dashed' };

const GIB = 1024 ** 3;

/** Every plot that there may be. */
function allPlots(trans: TranslationBundle): readonly Plot[] {
  const mean = trans.__('mean');
  const most = trans.__('most');
  const percent = (value: number): string => `${Math.round(value * 100)} %`;
  return [
    {
      title: trans.__('CPUs busy'),
      unit: 1,
      format: formatNumber,
      lines: [
        { figure: 'cpusBusy', name: mean, look: MEAN },
        { figure: 'cpusBusyMax', name: most, look: MOST }
      ]
    },
    {
      title: trans.__('Memory'),
      unit: GIB,
      format: formatBytes,
      lines: [
        { figure: 'memoryBytes', name: mean, look: MEAN },
        { figure: 'memoryBytesMax', name: most, look: MOST }
      ]
    },
    {
      title: trans.__('Cells'),
      unit: 1,
      format: formatNumber,
      lines: [
        { figure: 'running', name: trans.__('running'), look: MEAN },
        { figure: 'waiting', name: trans.__('waiting'), look: WAITS }
      ]
    },
    {
      title: trans.__('GPU use'),
      unit: 1,
      format: percent,
      lines: [{ figure: 'gpuUtilisation', name: mean, look: MEAN }]
    },
    {
      title: trans.__('GPU memory'),
      unit: GIB,
      format: formatBytes,
      lines: [{ figure: 'gpuMemoryBytes', name: mean, look: MEAN }]
    }
  ];
}

/** The plots whose figures were recorded. */
export function plotsOf(trans: TranslationBundle, { values }: SeriesView): readonly Plot[] {
  return allPlots(trans)
    .map(plot => ({ ...plot, lines: plot.lines.filter(it => isKnown(values[it.figure])) }))
    .filter(plot => plot.lines.length > 0);
}

function isKnown(column: readonly (number | null)[] | undefined): boolean {
  return column?.some(value => value !== null) ?? false;
}

/** What the plots draw. */
export type PlotsScene = {
  readonly trans: TranslationBundle;
  readonly series: SeriesView;
  readonly range: TimeSpan;
  readonly seen: TimeSpan;
  /** In pixels. */
  readonly height: number;
  readonly palette: Palette;
};

/** The axis of time below the last plot, and what is above each one, in pixels. */
const [AXIS, TITLE] = [28, 28];

/** The plots, one below the other, as ECharts is told. */
export function plotsOption(scene: PlotsScene): EChartsCoreOption {
  const { trans, series, palette, range, seen } = scene;
  const base = timeOption(range, seen, palette);
  const plots = plotsOf(trans, series);
  const each = Math.max(40, (scene.height - AXIS) / Math.max(1, plots.length));
  const [zoom] = base['dataZoom'] as object[];
  return {
    ...base,
    grid: plots.map((_, at) => ({
      top: at * each + TITLE,
      height: each - TITLE - 12,
      left: 84,
      right: 24
    })),
    xAxis: plots.map((_, at) => ({
      ...(base['xAxis'] as object),
      gridIndex: at,
      axisLabel: { show: at === plots.length - 1, color: palette.quiet, hideOverlap: true }
    })),
    yAxis: plots.map((plot, at) => valueAxis(plot, at, palette)),
    dataZoom: [{ ...zoom, xAxisIndex: plots.map((_, at) => at) }],
    tooltip: { ...tooltipOption(palette), trigger: 'axis', order: 'seriesAsc' },
    axisPointer: { link: [{ xAxisIndex: 'all' }] },
    series: plots.flatMap((plot, at) => linesOf(plot, at, scene))
  };
}

const DASHES: Readonly<Record<Line['dash'], string>> = { solid: '─', dashed: '╌', dotted: '┈' };

/** `Memory: ─ mean, ┈ most`; the title alone where there is one line. */
function headOf({ title, lines }: Plot): string {
  const named = lines.map(({ name, look }) => `${DASHES[look.dash]} ${name}`);
  return named.length > 1 ? `${title}: ${named.join(', ')}` : title;
}

function scaled(value: number | null, unit: number): number | null {
  return value === null ? null : value / unit;
}

function valueAxis(plot: Plot, gridIndex: number, palette: Palette): object {
  return {
    type: 'value',
    gridIndex,
    min: 0,
    name: headOf(plot),
    nameLocation: 'end',
    nameGap: 8,
    nameTextStyle: { color: palette.text, fontWeight: 'bold', align: 'left' },
    splitNumber: 3,
    axisLabel: {
      color: palette.quiet,
      formatter: (value: number) => plot.format(value * plot.unit)
    },
    splitLine: { lineStyle: { color: palette.line, opacity: 0.5 } }
  };
}

function linesOf(
  { title, lines, unit, format }: Plot,
  at: number,
  scene: PlotsScene
): readonly object[] {
  const { series, palette } = scene;
  return lines.map(({ figure, name, look }) => ({
    type: 'line',
    name: `${title}, ${name}`,
    xAxisIndex: at,
    yAxisIndex: at,
    showSymbol: false,
    connectNulls: false,
    color: palette[look.tone],
    lineStyle: { type: look.dash, width: 1.5, color: palette[look.tone] },
    tooltip: {
      valueFormatter: (value: unknown) => (typeof value === 'number' ? format(value * unit) : '–')
    },
    data: series.atMs.map((atMs, i) => [atMs, scaled(series.values[figure]![i] ?? null, unit)])
  }));
}
