import * as React from 'react';

/** What a sparkline draws. */
export type SparklineProps = {
  readonly fromMs: number;
  readonly toMs: number;
  /** The top of the plot. */
  readonly max: number;
  /** Time and value, oldest first; null if nothing was measured. */
  readonly points: readonly (readonly [number, number | null])[];
};

const WIDTH = 300;
const HEIGHT = 24;

/** Samples further apart than this are not joined: nothing was measured between them. */
const GAP_MS = 15_000;

/** A small area plot over the last minutes; its figure is beside it in words. */
export function Sparkline(props: SparklineProps): JSX.Element {
  const runs = runsOf(props);
  return (
    <svg
      className="cg-Spark"
      viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
      preserveAspectRatio="none"
      aria-hidden="true"
    >
      {runs.map(run => (
        <g key={run[0]![0]}>
          <path className="cg-Spark-area" d={`${line(run)}V${HEIGHT}H${run[0]![0]}Z`} />
          <path className="cg-Spark-line" d={line(run)} />
        </g>
      ))}
    </svg>
  );
}

type Point = readonly [x: number, y: number];

function line(run: readonly Point[]): string {
  return run.map(([x, y], i) => `${i ? 'L' : 'M'}${x} ${y}`).join('');
}

/** The points in plot coordinates, split where nothing was measured. */
function runsOf({ points, fromMs, toMs, max }: SparklineProps): readonly (readonly Point[])[] {
  const runs: Point[][] = [];
  let lastMs = -Infinity;
  for (const [atMs, value] of points) {
    if (value === null || atMs < fromMs) {
      continue;
    }
    const x = ((atMs - fromMs) / (toMs - fromMs)) * WIDTH;
    const y = HEIGHT - 1 - Math.min(value / max, 1) * (HEIGHT - 2);
    const point: Point = [Number(x.toFixed(1)), Number(y.toFixed(1))];
    const run = runs.at(-1);
    atMs - lastMs <= GAP_MS && run ? run.push(point) : runs.push([point]);
    lastMs = atMs;
  }
  return runs;
}
