import type { Execution } from '../protocol/execution';
import type { HistoryPage, ReportView, SeriesView } from '../protocol/history';
import type { HistoryQuery, ReportQuery, SeriesQuery } from '../protocol/historyQuery';
import { Executions } from './executions';
import type { Batch, Orders, Place } from './messages';
import { openAt } from './opening';
import { reportOn } from './report';
import { Retention } from './retention';
import { Samples } from './samples';
import type { Sqlite } from './sqlite';
import { Words } from './words';

/** What each order is carried out by. */
type Carriers = { readonly [T in keyof Orders]: (of: Orders[T][0]) => Orders[T][1] };

/** The open database of one sidecar; whatever it throws, the database is as it was before. */
export class Archive implements Carriers {
  private readonly db: Sqlite;
  private readonly words: Words;
  private readonly executions: Executions;
  private readonly samples: Samples;
  private readonly retention: Retention;

  /** Throws as {@link openAt}. */
  constructor(place: Place) {
    this.db = openAt(place);
    this.words = new Words(this.db);
    this.executions = new Executions(this.db, this.words);
    this.samples = new Samples(this.db, this.words);
    this.retention = new Retention(this.db);
  }

  record({ executions, samples, limits, nowMs }: Batch): readonly number[] {
    const added = this.whole(() => {
      this.samples.add(samples);
      return this.executions.add(executions);
    });
    this.retention.keep(limits, nowMs) && this.words.forget();
    return added;
  }

  page(query: HistoryQuery): HistoryPage {
    return this.executions.page(query);
  }

  series({ nowMs, ...query }: SeriesQuery & { readonly nowMs: number }): SeriesView {
    return this.samples.series(query, nowMs);
  }

  report(query: ReportQuery): ReportView {
    return reportOn(this.db, this.words, query);
  }

  recent(limit: number): readonly Execution[] {
    return this.executions.recent(limit);
  }

  close(): null {
    this.db.close();
    return null;
  }

  private whole<T>(act: () => T): T {
    this.db.exec('BEGIN');
    try {
      const value = act();
      this.db.exec('COMMIT');
      return value;
    } catch (failure) {
      this.words.forget();
      this.db.isTransaction && this.db.exec('ROLLBACK');
      throw failure;
    }
  }
}
