import type { TranslationBundle } from '@jupyterlab/translation';
import * as React from 'react';

import type { ReportBy, ReportRow, ReportView as Report } from '../../server/protocol/history';
import { formatBytes, formatNumber, formatSpan } from '../format';

/** What executions are added up by, here. */
const REPORTS = ['notebook', 'day'] as const satisfies readonly ReportBy[];

/** What the report shows. */
export type ReportViewProps = {
  readonly trans: TranslationBundle;
  /** Null while it is being loaded. */
  readonly report: Report | null;
  readonly by: ReportBy;
  readonly onBy: (by: ReportBy) => void;
};

/** What one's notebooks, or days, waited, ran and used. */
export function ReportView(props: ReportViewProps): JSX.Element {
  const { trans, report, by, onBy } = props;
  return (
    <div className="cg-Report">
      <header className="cg-Timeline-head">
        <div role="radiogroup" aria-label={trans.__('Added up by')}>
          {REPORTS.map(it => (
            <label key={it}>
              <input
                type="radio"
                name="cg-report-by"
                checked={it === by}
                onChange={() => onBy(it)}
              />
              {it === 'day' ? trans.__('by day') : trans.__('by notebook')}
            </label>
          ))}
        </div>
      </header>
      {report?.rows.length ? (
        <ReportTable trans={trans} report={report} />
      ) : (
        <p className="cg-Empty" role="status">
          {report ? trans.__('Nothing ran in this time.') : trans.__('Loading…')}
        </p>
      )}
    </div>
  );
}

type Column = { readonly title: string; readonly text: (row: ReportRow) => string };

const HOUR_S = 3600;

function columnsOf(trans: TranslationBundle): readonly Column[] {
  const hours = (seconds: number): string => trans.__('%1 h', formatNumber(seconds / HOUR_S));
  const byteHours = (seconds: number): string =>
    trans.__('%1 h', formatBytes(Math.round(seconds / HOUR_S)));
  return [
    { title: trans.__('Executions'), text: row => String(row.executions) },
    { title: trans.__('Waited'), text: row => formatSpan(row.waitedMs) },
    { title: trans.__('Ran'), text: row => formatSpan(row.ranMs) },
    { title: trans.__('CPU time used'), text: row => formatSpan(row.cpuSeconds * 1000) },
    { title: trans.__('CPU time held'), text: row => formatSpan(row.cpuSecondsHeld * 1000) },
    { title: trans.__('Memory used'), text: row => byteHours(row.memoryByteSecondsUsed) },
    { title: trans.__('Memory held'), text: row => byteHours(row.memoryByteSecondsHeld) },
    { title: trans.__('GPUs used'), text: row => hours(row.gpuSecondsUsed) },
    { title: trans.__('GPUs held'), text: row => hours(row.gpuSecondsHeld) }
  ];
}

function ReportTable({ trans, report }: { trans: TranslationBundle; report: Report }): JSX.Element {
  const hasGpus = report.rows.some(row => row.gpuSecondsHeld > 0 || row.gpuSecondsUsed > 0);
  const columns = columnsOf(trans).slice(0, hasGpus ? undefined : -2);
  return (
    <table className="cg-Table">
      <thead>
        <tr>
          <th scope="col">{report.by === 'day' ? trans.__('Day') : trans.__('Notebook')}</th>
          {columns.map(({ title }) => (
            <th key={title} scope="col">
              {title}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {report.rows.map(row => (
          <tr key={row.key}>
            <th scope="row">{row.key || trans.__('no notebook')}</th>
            {columns.map(({ title, text }) => (
              <td key={title}>{text(row)}</td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  );
}
