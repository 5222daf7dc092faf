import { NOTHING_ASKED } from '../../server/protocol/ask';
import { UNRESTRICTED } from '../../server/protocol/grant';
import type {
  ExecutionView,
  HistoryPage,
  ReportBy,
  ReportView,
  SeriesOf,
  SeriesView
} from '../../server/protocol/history';
import {
  type ExecutionsQuery,
  type IHistoryClient,
  nameOf,
  type TimeSpan
} from '../history/client';
import type { Palette } from '../history/palette';
import { GIB, NOW_MS } from './facts';

/** An execution that waited one second and ran four. */
export function executed(its: Partial<ExecutionView> = {}): ExecutionView {
  return {
    row: 1,
    claimId: `c${its.row ?? 1}`,
    holderId: 'k1',
    holderKind: 'kernel',
    holderName: 'work.ipynb',
    notebook: 'work.ipynb',
    owner: 'ana',
    group: 'all',
    cellId: 'cell',
    label: '[1]',
    arrivedMs: NOW_MS - 6000,
    grantedMs: NOW_MS - 5000,
    endedMs: NOW_MS - 1000,
    thinkMs: null,
    outcome: 'ok',
    ask: NOTHING_ASKED,
    grant: UNRESTRICTED,
    used: {
      cpuSeconds: 8,
      cpusPeak: 2,
      memoryPeakBytes: 3 * GIB,
      memoryKeptBytes: GIB,
      threadsPeak: 4,
      processesPeak: 1,
      gpuMemoryPeakBytes: null,
      gpuUtilisation: null
    },
    ...its
  };
}

/** Figures of one minute, in steps of ten seconds. */
export function series(its: Partial<SeriesView> = {}): SeriesView {
  return {
    of: { kind: 'node' },
    stepMs: 10_000,
    atMs: [0, 1, 2, 3].map(i => NOW_MS - 40_000 + i * 10_000),
    values: {
      cpusBusy: [1, 2, null, 3],
      cpusBusyMax: [2, 3, null, 4],
      memoryBytes: [GIB, GIB, null, 2 * GIB]
    },
    ...its
  };
}

/** A report with one row. */
export function report(by: ReportBy, key: string): ReportView {
  const row = {
    ...{ key, executions: 3, waitedMs: 12_000, ranMs: 40_000, cpuSeconds: 72, cpuSecondsHeld: 80 },
    ...{ memoryByteSecondsHeld: 7200 * GIB, memoryByteSecondsUsed: 3600 * GIB },
    ...{ gpuSecondsHeld: 0, gpuSecondsUsed: 0 }
  };
  return { by, fromMs: NOW_MS - 1000, toMs: NOW_MS, rows: [row] };
}

/** What the sidecar would answer about these executions, page by page. */
export class TestHistory implements IHistoryClient {
  recorded: ExecutionView[] = [];
  /** The next request fails with this sentence. */
  refusal: string | null = null;
  /** Longest page, whatever is asked for. */
  page = 1000;
  readonly asked: string[] = [];

  async executions(query: ExecutionsQuery): Promise<HistoryPage> {
    this._record(`history after ${query.after ?? '-'}`);
    const left = this.recorded.filter(
      it =>
        it.row > (query.after ?? 0) &&
        it.endedMs >= (query.from ?? 0) &&
        (query.cellId ?? it.cellId) === it.cellId &&
        (query.notebook ?? it.notebook) === it.notebook
    );
    const executions = left.slice(0, Math.min(this.page, query.limit ?? this.page));
    const isAll = executions.length === left.length;
    return { executions, next: isAll ? null : executions.at(-1)!.row };
  }

  async series(of: SeriesOf, _: TimeSpan, points: number): Promise<SeriesView> {
    this._record(`series of ${nameOf(of)} in ${points} points`);
    return series({ of });
  }

  async report(by: ReportBy): Promise<ReportView> {
    this._record(`report by ${by}`);
    return report(by, by === 'day' ? '2026-11-30' : 'work.ipynb');
  }

  private _record(request: string): void {
    this.asked.push(request);
    if (this.refusal !== null) {
      throw new Error(this.refusal);
    }
  }
}

/** Colours that tell what they are for. */
export const PALETTE: Palette = {
  ...{ font: 'sans', text: '#111111', quiet: '#222222', line: '#333333', ground: '#ffffff' },
  ...{ wait: '#b84800', run: '#0b61b5', done: '#2b7330', error: '#b3261e' }
};
