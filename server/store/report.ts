import type { ReportBy, ReportRow, ReportView } from '../protocol/history';
import type { ReportQuery } from '../protocol/historyQuery';
import { rowAt } from './record';
import type { Row, Sqlite } from './sqlite';
import type { Words } from './words';

/** The most rows of a report: those with the most CPU time. */
const REPORT_ROWS_MAX = 1000;

const RAN = '(ended_ms - coalesce(granted_ms, ended_ms)) / 1000.0';
/** What ran unpinned kept no CPU from others: it held what it used. */
const HELD = `CASE WHEN cpu_count IS NULL THEN coalesce(cpu_seconds, 0) ELSE cpu_count * ${RAN} END`;

const SUMS = `count(*) AS executions,
  sum(coalesce(granted_ms, ended_ms) - arrived_ms) AS waited,
  sum(ended_ms - coalesce(granted_ms, ended_ms)) AS ran,
  total(cpu_seconds) AS cpu,
  total(${HELD}) AS cpu_held,
  total(memory * ${RAN}) AS memory_held,
  total(memory_peak * ${RAN}) AS memory_used,
  total(gpu_count * ${RAN}) AS gpu_held,
  total(gpu_count * gpu_utilisation * ${RAN}) AS gpu_used`;

const KEYS: Readonly<Record<ReportBy, string>> = {
  user: 'owner',
  group: 'team',
  notebook: 'notebook',
  day: "date(ended_ms / 1000, 'unixepoch', 'localtime')"
};

/** Add up executions; those without a notebook have the key ''. */
export function reportOn(db: Sqlite, words: Words, query: ReportQuery): ReportView {
  const { by, fromMs, toMs, owner } = query;
  const isTime = by === 'day';
  const whose = owner === null ? '' : 'AND owner = ?';
  const rows = db
    .prepare(
      `SELECT ${KEYS[by]} AS key, ${SUMS} FROM execution WHERE row >= ? AND row < ? ${whose}
       GROUP BY 1 ORDER BY ${isTime ? 'key' : 'cpu DESC, executions DESC'} LIMIT ${REPORT_ROWS_MAX}`
    )
    .all(rowAt(fromMs), rowAt(toMs), ...(owner === null ? [] : [words.find(owner)]));
  const keyOf = (row: Row) => (isTime ? String(row['key']) : (words.text(row['key']) ?? ''));
  return { by, fromMs, toMs, rows: rows.map(row => rowOf(keyOf(row), row)) };
}

function rowOf(key: string, row: Row): ReportRow {
  const sum = (column: string) => Number(row[column]);
  return {
    key,
    executions: sum('executions'),
    waitedMs: sum('waited'),
    ranMs: sum('ran'),
    cpuSeconds: sum('cpu'),
    cpuSecondsHeld: sum('cpu_held'),
    memoryByteSecondsHeld: sum('memory_held'),
    memoryByteSecondsUsed: sum('memory_used'),
    gpuSecondsHeld: sum('gpu_held'),
    gpuSecondsUsed: sum('gpu_used')
  };
}
