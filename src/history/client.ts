import type { ServerConnection } from '@jupyterlab/services';

import type {
  HistoryPage,
  ReportBy,
  ReportView,
  SeriesOf,
  SeriesView
} from '../../server/protocol/history';
import { request } from '../arbiter/request';

/** A span of time, in ms since the epoch. */
export type TimeSpan = { readonly fromMs: number; readonly toMs: number };

/** Which executions, oldest first. */
export type ExecutionsQuery = {
  readonly from?: number;
  readonly to?: number;
  /** Only those that ended after the one of this row. */
  readonly after?: number;
  readonly limit?: number;
  readonly notebook?: string;
  readonly holderId?: string;
  readonly cellId?: string;
};

/**
 * Reads what the sidecar has recorded.
 *
 * #### Notes
 * Every method rejects with a RequestError whose message is a sentence for people, also where the
 * administrator has switched history off.
 */
export interface IHistoryClient {
  executions(query: ExecutionsQuery): Promise<HistoryPage>;
  /** At most `points` values for each figure. */
  series(of: SeriesOf, span: TimeSpan, points: number): Promise<SeriesView>;
  report(by: ReportBy, span: TimeSpan): Promise<ReportView>;
}

/** The client of `<base_url>cellgrant/api/v1/{history,report}`. */
export class HistoryClient implements IHistoryClient {
  constructor(private readonly _settings: ServerConnection.ISettings) {}

  async executions(query: ExecutionsQuery): Promise<HistoryPage> {
    return (await this._get(['history'], query)) as HistoryPage;
  }

  async series(of: SeriesOf, { fromMs, toMs }: TimeSpan, points: number): Promise<SeriesView> {
    const query = { of: nameOf(of), from: fromMs, to: toMs, points };
    return (await this._get(['history', 'series'], query)) as SeriesView;
  }

  async report(by: ReportBy, { fromMs, toMs }: TimeSpan): Promise<ReportView> {
    return (await this._get(['report'], { by, from: fromMs, to: toMs })) as ReportView;
  }

  private _get(
    path: readonly string[],
    query: Readonly<Record<string, string | number | undefined>>
  ): Promise<unknown> {
    return request(this._settings, { method: 'GET', path, query });
  }
}

/** A subject of figures in one word, as the API names it. */
export function nameOf(of: SeriesOf): string {
  switch (of.kind) {
    case 'node':
      return 'node';
    case 'holder':
      return `holder:${of.id}`;
    case 'gpu':
      return `gpu:${of.uuid}`;
  }
}
