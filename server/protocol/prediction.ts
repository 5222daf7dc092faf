import type { ExecutionOutcome } from './execution';

/** A future span of time, as a range, because it is not known more precisely. */
export type Forecast = {
  readonly fromMs: number;
  readonly toMs: number;
  /** The number of past runs that it is based on; 0 for the time that an author stated. */
  readonly runs: number;
};

/**
 * Whose past runs a prediction is made from, the closest first: those of the same source, of the
 * same cell whatever was in it, of any cell of its notebook, or of anything that its user ran.
 */
export const LEVELS = ['source', 'cell', 'notebook', 'user'] as const;

/** One of {@link LEVELS}. */
export type Level = (typeof LEVELS)[number];

/** What a prediction is made from. */
export type Basis = {
  readonly level: Level;
  /** How many past runs of that level; at least 1. */
  readonly runs: number;
};

/** A predicted amount, and what it is made from. */
export type Predicted = Basis & { readonly amount: number };

/**
 * What an execution is expected to use, from past ones (LEARN1); each null if too little is known.
 *
 * #### Notes
 * While it runs, an amount is at least what it has used already (LEARN5). When it should end is in the
 * claim's `takes`, and when it should start in its `startsIn`.
 */
export type Prediction = {
  /** CPUs that it can keep busy. */
  readonly cpus: Predicted | null;
  /** The most memory that its holder will have meanwhile, with what it keeps already. */
  readonly memoryBytes: Predicted | null;
  /** The most GPU memory that its holder will have, on all GPUs together; shown only. */
  readonly gpuMemoryBytes: Predicted | null;
};

/** The last execution of a cell that ran. */
export type LastRun = {
  /** ms since the epoch. */
  readonly endedMs: number;
  /** From its grant to its end. */
  readonly tookMs: number;
  readonly outcome: ExecutionOutcome;
  /** The most CPUs, bytes of memory (of the whole holder) and bytes of GPU memory; null if not measured. */
  readonly cpusPeak: number | null;
  readonly memoryPeakBytes: number | null;
  readonly gpuMemoryPeakBytes: number | null;
};

/** What a cell usually needs, for its author: part of the answer to `POST /api/v1/holders/:id/fits`. */
export type Usual = {
  /** Null if nothing is known of an earlier execution. */
  readonly last: LastRun | null;
  /** Null if nothing is predicted. */
  readonly predicted: Prediction | null;
  /** How long it should run, in total; null if past runs do not agree on it, or are too few. */
  readonly takes: Forecast | null;
};
