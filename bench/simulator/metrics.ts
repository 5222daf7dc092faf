import { mean, quantile } from '../statistics';
import type { Finished, Outcome } from '../../server/simulator/engine';

/** What a run is judged by. */
export type Metrics = {
  /** Mean of the normalised turnaround times: (end - arrival) / time alone. */
  readonly antt: number;
  /** Progress of all cells in seconds of time alone, per second of busy time. */
  readonly stp: number;
  /** 95th percentile of the normalised turnaround times. */
  readonly p95: number;
  /** The same over the short cells: at most 1 s alone. */
  readonly shortP95: number;
  /** Longest time from an arrival to a start. */
  readonly maxWaitS: number;
  /** CPU time handed out, over the CPUs in busy time. */
  readonly utilization: number;
};

/** A cell is short up to this time alone. */
const SHORT_ALONE_S = 1;

/** Turnaround over time alone. */
export function normalisedTurnaround({ cell, arrivedS, endedS }: Finished): number {
  return (endedS - arrivedS) / cell.aloneS;
}

export function metricsOf(
  { finished, busyS, progressS, cpuSeconds }: Outcome,
  cpus: number
): Metrics {
  const all = finished.map(normalisedTurnaround);
  const short = finished.filter(({ cell }) => cell.aloneS <= SHORT_ALONE_S);
  return {
    antt: mean(all),
    stp: progressS / busyS,
    p95: quantile(all, 0.95),
    shortP95: quantile(short.map(normalisedTurnaround), 0.95),
    maxWaitS: finished.reduce((most, it) => Math.max(most, it.startedS - it.arrivedS), 0),
    utilization: cpuSeconds / (cpus * busyS)
  };
}

/** The means over seeds, metric by metric. */
export function meanMetrics(runs: readonly Metrics[]): Metrics {
  const over = (metric: keyof Metrics) => mean(runs.map(run => run[metric]));
  return {
    antt: over('antt'),
    stp: over('stp'),
    p95: over('p95'),
    shortP95: over('shortP95'),
    maxWaitS: over('maxWaitS'),
    utilization: over('utilization')
  };
}
