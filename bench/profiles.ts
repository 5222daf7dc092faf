import { HAS_SQLITE } from '../server/store/sqlite';
import { barOf, barOfRounds, defineBars, type Bar } from './bar';
import type { Result } from './bench';
import { askAll, type Answers } from './longHistory';
import { count, type Chosen } from './options';
import { predict, type Row } from './predictions';
import { addedBy } from './recording';
import { quantile } from './statistics';

export const BARS = defineBars({
  addedP50Ms: {
    name: 'what measuring and recording add to a cell, from its claim to its end, P50',
    unit: 'ms',
    bound: 0.1,
    better: 'lower'
  },
  peakCovered: {
    name: 'part of cells whose memory stayed within what was predicted from three runs',
    unit: 'x',
    bound: 0.95,
    better: 'higher'
  },
  peakWasteMedian: {
    name: 'predicted memory over the peak that came, median of cells',
    unit: 'x',
    bound: 2,
    better: 'lower'
  },
  parallelismRight: {
    name: 'part of cells that kept as many CPUs busy as predicted, within one',
    unit: 'x',
    bound: 0.9,
    better: 'higher'
  },
  dayPlotMs: {
    name: 'a plot of a day beside a million executions, the longest',
    unit: 'ms',
    bound: 200,
    better: 'lower'
  },
  reportMs: {
    name: 'a report of a million executions by notebook, the longest',
    unit: 'ms',
    bound: 1000,
    better: 'lower'
  },
  plotGrowthMB: {
    name: 'growth of the sidecar by plots beside a million executions',
    unit: 'MB',
    bound: 20,
    better: 'lower'
  }
});

export const OPTIONS = {
  notebooks: count('times that the notebook is run, each in new kernels', 3, 1),
  cells: count('how many cells run in each round without and with measuring', 1000, 100),
  rounds: count('rounds without and with measuring', 8, 2),
  executions: count('how many the long history has', 1_000_000, 20_000)
};

/** What is known of cells, what knowing it costs them, and how soon it is told when there is much of it. */
export async function run(chosen: Chosen<typeof OPTIONS>): Promise<Result & Partial<Answers>> {
  // It comes first: what notebooks leave behind would slow it down.
  const added = barOfRounds(BARS.addedP50Ms, await addedBy(chosen));
  const rows = await predict(chosen.notebooks);
  const bars = [added, ...predictionBars(rows)];
  if (!HAS_SQLITE) {
    return { bars, rows };
  }
  const told = await askAll(chosen.executions);
  return { bars: [...bars, ...answerBars(told)], rows, ...told };
}

function predictionBars(rows: readonly Row[]): readonly Bar[] {
  const wastes = rows.flatMap(({ predictedMB, peakMB }) =>
    predictedMB !== null && peakMB ? [predictedMB / peakMB] : []
  );
  const isCovered = ({ predictedMB, peakMB }: Row) =>
    predictedMB !== null && peakMB !== null && peakMB <= predictedMB;
  const isRight = ({ predictedCpus, cpusPeak }: Row) => Math.abs(predictedCpus - cpusPeak) <= 1;
  return [
    barOf(BARS.peakCovered, rows.filter(isCovered).length / rows.length),
    barOf(BARS.peakWasteMedian, quantile(wastes, 0.5), [
      quantile(wastes, 0.25),
      quantile(wastes, 0.75)
    ]),
    barOf(BARS.parallelismRight, rows.filter(isRight).length / rows.length)
  ];
}

function answerBars({ answers, residentMb }: Answers): readonly Bar[] {
  const { plot, report } = answers;
  return [
    barOf(BARS.dayPlotMs, plot.maxMs, [plot.p50Ms, plot.maxMs]),
    barOf(BARS.reportMs, report.maxMs, [report.p50Ms, report.maxMs]),
    barOf(BARS.plotGrowthMB, residentMb.plotted - residentMb.before)
  ];
}
