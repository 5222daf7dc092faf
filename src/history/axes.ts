import type { EChartsCoreOption } from 'echarts/core';

import type { TimeSpan } from './client';
import type { Palette } from './palette';

/** What all charts over time have: their font, their axis of time, and how it is moved. */
export function timeOption(range: TimeSpan, seen: TimeSpan, palette: Palette): EChartsCoreOption {
  const { fromMs: min, toMs: max } = range;
  return {
    animation: false,
    backgroundColor: palette.ground,
    textStyle: { fontFamily: palette.font, color: palette.text },
    xAxis: {
      type: 'time',
      min,
      max,
      axisLabel: { color: palette.quiet, hideOverlap: true },
      axisLine: { lineStyle: { color: palette.line } },
      splitLine: { show: true, lineStyle: { color: palette.line, opacity: 0.5 } }
    },
    dataZoom: [
      {
        type: 'inside',
        xAxisIndex: 0,
        filterMode: 'none',
        startValue: seen.fromMs,
        endValue: seen.toMs,
        throttle: 50
      }
    ]
  };
}

/** How what is hovered is shown. */
export function tooltipOption(palette: Palette): object {
  return {
    confine: true,
    transitionDuration: 0,
    backgroundColor: palette.ground,
    borderColor: palette.line,
    textStyle: { color: palette.text, fontFamily: palette.font, fontSize: 12 }
  };
}
