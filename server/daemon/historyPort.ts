import type { Refusal } from '../protocol/errors';
import type { Execution } from '../protocol/execution';
import type { HistoryPage, ReportView, SeriesView } from '../protocol/history';
import type { HistoryQuery, ReportQuery, SeriesQuery } from '../protocol/historyQuery';

/** What happened; each answers, or says why it cannot. */
export interface IHistory {
  page(query: HistoryQuery): Promise<HistoryPage | Refusal>;
  series(query: SeriesQuery): Promise<SeriesView | Refusal>;
  report(query: ReportQuery): Promise<ReportView | Refusal>;
  /**
   * Add executions of another file, whose hashes of sources are not keyed yet; those that are there already are
   * left as they are.
   */
  add(executions: readonly Execution[]): Promise<{ readonly added: number } | Refusal>;
}
