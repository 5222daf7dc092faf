import type { Execution } from '../protocol/execution';
import type { HistoryPage, ReportView, SeriesView } from '../protocol/history';
import type { HistoryQuery, ReportQuery, SeriesQuery } from '../protocol/historyQuery';
import type { Limits } from './retention';
import type { Sample } from './samples';

/** Where the database is. */
export type Place = {
  /** The path by which this process reaches it. */
  readonly path: string;
  /** The path for people. */
  readonly named: string;
};

/** What the thread may be asked, by its name, with its answer. */
export type Orders = {
  /** Add what happened, all of it or nothing; then keep within the limits. Answers how many executions are new. */
  /** Answers which of the executions were new, by their place in the batch. */
  readonly record: readonly [order: Batch, answer: readonly number[]];
  readonly page: readonly [order: HistoryQuery, answer: HistoryPage];
  readonly series: readonly [order: SeriesQuery & { readonly nowMs: number }, answer: SeriesView];
  readonly report: readonly [order: ReportQuery, answer: ReportView];
  /** The last executions, so many. */
  readonly recent: readonly [order: number, answer: readonly Execution[]];
  /** Close the file. */
  readonly close: readonly [order: null, answer: null];
};

/** What is added at once. */
export type Batch = {
  readonly executions: readonly Execution[];
  readonly samples: readonly Sample[];
  readonly limits: Limits;
  readonly nowMs: number;
};

/** One order to the thread. */
export type Order = {
  readonly id: number;
  readonly type: keyof Orders;
  readonly of: unknown;
};

/** What the thread says to an order; `why` is a sentence where it could not be carried out. */
export type Answer = {
  readonly id: number;
  /** What people should know from now on: a damaged file was replaced. */
  readonly notices: readonly string[];
} & (
  | { readonly value: unknown }
  | {
      readonly why: string;
      /** A bug of ours: trying again is of no use. */ readonly isMistake: boolean;
    }
);
