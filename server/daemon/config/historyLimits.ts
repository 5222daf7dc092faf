/** How much of the past is kept (HIST4). */
export type HistoryLimits = {
  /** 0 for nothing. */
  readonly days: number;
  /** How large its file may be, in bytes. */
  readonly bytes: number;
};

/** Where the configuration says nothing. */
export const HISTORY: HistoryLimits = { days: 90, bytes: 500_000_000 };
