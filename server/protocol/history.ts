import type { Execution } from './execution';
import type { ToldGrant } from './grant';

/** An execution as clients see it; what others may not see is null or absent (SEC1). */
export type ExecutionView = Omit<Execution, 'grant' | 'sourceHash'> & {
  /** Ascending in the order in which executions ended; names this row and a place in the order. */
  readonly row: number;
  readonly grant: ToldGrant | null;
};

/**
 * One page of executions that ended in a span of time, oldest first: `GET /api/v1/history?from=MS&to=MS&limit=N&after=ROW`,
 * also with `notebook`, `owner`, `holderId` and `cellId`; with `last=N`, the last ones of them.
 */
export type HistoryPage = {
  readonly executions: readonly ExecutionView[];
  /** Pass it as `after` for the next page; null at the end. */
  readonly next: number | null;
};

/** What a plot of the past shows: the whole node, one holder, or one GPU. */
export type SeriesOf =
  | { readonly kind: 'node' }
  | { readonly kind: 'holder'; readonly id: string }
  | { readonly kind: 'gpu'; readonly uuid: string };

/**
 * Figures over time: `GET /api/v1/history/series?of=node|holder:ID|gpu:UUID&from=MS&to=MS&points=N`.
 *
 * #### Notes
 * Columns of equal length, one value for each point: a mean over `stepMs` that begins at `atMs`, and for
 * `…Max` the most in it. Null where nothing was recorded. A range that is older than what is kept is empty.
 */
export type SeriesView = {
  readonly of: SeriesOf;
  readonly stepMs: number;
  /** Ms since the epoch, ascending. */
  readonly atMs: readonly number[];
  readonly values: {
    readonly cpusBusy?: readonly (number | null)[];
    readonly cpusBusyMax?: readonly (number | null)[];
    readonly memoryBytes?: readonly (number | null)[];
    readonly memoryBytesMax?: readonly (number | null)[];
    readonly running?: readonly (number | null)[];
    readonly waiting?: readonly (number | null)[];
    readonly gpuUtilisation?: readonly (number | null)[];
    readonly gpuMemoryBytes?: readonly (number | null)[];
  };
};

/** What executions are added up by. */
export type ReportBy = 'user' | 'group' | 'notebook' | 'day';

/** What one user, group, notebook or day had; `GET /api/v1/report?by=…&from=MS&to=MS`. */
export type ReportRow = {
  /** A name, a path, or a date such as `2026-11-30`, in the sidecar's time zone. */
  readonly key: string;
  readonly executions: number;
  readonly waitedMs: number;
  readonly ranMs: number;
  readonly cpuSeconds: number;
  /** CPUs pinned for them, times how long; what ran unpinned kept none from others, and held what it used. */
  readonly cpuSecondsHeld: number;
  /** Memory granted, times how long, in byte seconds; and the peak that was used, times how long. */
  readonly memoryByteSecondsHeld: number;
  readonly memoryByteSecondsUsed: number;
  readonly gpuSecondsHeld: number;
  readonly gpuSecondsUsed: number;
};

/** Rows by descending CPU time, days in their order. */
export type ReportView = {
  readonly by: ReportBy;
  readonly fromMs: number;
  readonly toMs: number;
  readonly rows: readonly ReportRow[];
};
