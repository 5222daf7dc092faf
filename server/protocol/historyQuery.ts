import type { ReportBy, SeriesOf } from './history';

/** The most executions of one page, and how many there are if none are named. */
export const PAGE_MAX = 1000;
export const PAGE_DEFAULT = 100;

/** The most points of one plot. */
export const POINTS_MAX = 2000;
export const POINTS_DEFAULT = 300;

/** From `fromMs` until before `toMs`, ms since the epoch. */
type Range = { readonly fromMs: number; readonly toMs: number };

/** Which executions are asked for; a filter that is null lets all pass. */
export type HistoryQuery = Range & {
  /** Only those behind this row; null for all. */
  readonly after: number | null;
  /** From 1 to {@link PAGE_MAX}. */
  readonly limit: number;
  /** Whether the last ones of the range are asked for, and not the first. */
  readonly fromEnd: boolean;
  readonly notebook: string | null;
  readonly owner: string | null;
  readonly holderId: string | null;
  readonly cellId: string | null;
};

/** Which figures over time are asked for. */
export type SeriesQuery = Range & {
  readonly of: SeriesOf;
  /** The most points, from 1 to {@link POINTS_MAX}. */
  readonly points: number;
};

/** Which sums are asked for. */
export type ReportQuery = Range & {
  readonly by: ReportBy;
  /** The only user whose executions count; null for all. */
  readonly owner: string | null;
};
