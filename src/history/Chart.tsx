import type { EChartsCoreOption, EChartsType } from 'echarts/core';
import * as React from 'react';

/** What can be kept of a chart. */
export type Picture = {
  /** An address with the data of the picture. */
  readonly png: () => string;
  readonly svg: () => string;
};

/** What a chart shows, and what it reports. */
export type ChartProps = {
  readonly option: EChartsCoreOption;
  /** What is seen, and by which keys one moves, for those who do not see it. */
  readonly label: string;
  /** The visible span of the horizontal axis was moved or zoomed. */
  readonly onZoom: (from: number, to: number) => void;
  /** Where the pointer is, in the values of the axes. */
  readonly onPoint?: (x: number, y: number) => void;
  /** What the pointer is at was clicked. */
  readonly onPick?: () => void;
  readonly onKeyDown: (event: React.KeyboardEvent) => void;
  /** Its size in CSS pixels. */
  readonly onSize: (width: number, height: number) => void;
  /** It is drawn; null when it is gone. */
  readonly onPicture: (picture: Picture | null) => void;
  /** The library could not be loaded. */
  readonly onProblem: (sentence: string) => void;
};

/**
 * A chart that fills its place.
 *
 * #### Notes
 * The library is loaded with the first one. The visible span belongs to the caller: it is a part
 * of `option`, so that a chart that is drawn anew each second stays where it was moved to.
 */
export function Chart(props: ChartProps): JSX.Element {
  const place = React.useRef<HTMLDivElement>(null);
  const [chart, setChart] = React.useState<EChartsType | null>(null);
  const latest = React.useRef(props);
  latest.current = props;
  React.useEffect(() => opened(place.current!, latest, setChart), []);
  React.useEffect(() => {
    chart?.setOption(props.option);
  }, [chart, props.option]);
  return (
    <div
      className="cg-Chart"
      role="application"
      tabIndex={0}
      aria-label={props.label}
      onKeyDown={props.onKeyDown}
    >
      <div ref={place} />
    </div>
  );
}

/** Open a chart in a node; returns what closes it. */
function opened(
  node: HTMLElement,
  latest: React.MutableRefObject<ChartProps>,
  onChart: (chart: EChartsType) => void
): () => void {
  let close = (): void => latest.current.onPicture(null);
  let isGone = false;
  const start = async (): Promise<void> => {
    const { open, svgOf } = await import('./charting');
    if (isGone) {
      return;
    }
    const chart = open(node);
    const sized = followSize(node, chart, latest);
    listen(chart, latest);
    latest.current.onPicture({
      png: () => chart.getDataURL({ type: 'png', pixelRatio: 2 }),
      svg: () => svgOf(latest.current.option, chart.getWidth(), chart.getHeight())
    });
    onChart(chart);
    close = () => {
      sized.disconnect();
      chart.dispose();
      latest.current.onPicture(null);
    };
  };
  start().catch((error: Error) => latest.current.onProblem(error.message));
  return () => {
    isGone = true;
    close();
  };
}

function followSize(
  node: HTMLElement,
  chart: EChartsType,
  latest: React.MutableRefObject<ChartProps>
): ResizeObserver {
  const observer = new ResizeObserver(() => {
    // A hidden tab has no size, and keeps what it had.
    if (node.clientWidth > 0 && node.clientHeight > 0) {
      chart.resize();
      latest.current.onSize(chart.getWidth(), chart.getHeight());
    }
  });
  observer.observe(node);
  return observer;
}

function listen(chart: EChartsType, latest: React.MutableRefObject<ChartProps>): void {
  // Before the chart itself hears of it, and shows what is there.
  const point = ({ offsetX, offsetY }: MouseEvent): void => {
    const axes = { xAxisIndex: 0, yAxisIndex: 0 };
    const [x, y] = chart.convertFromPixel(axes, [offsetX, offsetY]) as [number, number];
    latest.current.onPoint?.(x, y);
  };
  chart.getDom().addEventListener('mousemove', point, { capture: true });
  chart.on('click', () => latest.current.onPick?.());
  chart.on('datazoom', () => {
    const { dataZoom } = chart.getOption() as {
      dataZoom: { xAxisIndex?: unknown; startValue: number; endValue: number }[];
    };
    latest.current.onZoom(dataZoom[0]!.startValue, dataZoom[0]!.endValue);
  });
}
