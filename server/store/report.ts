import type { ReportRow, ReportView } from '../protocol/history';
import type { ReportQuery } from '../protocol/historyQuery';
import { amountsIn, SUMS } from './daily';
import { rowAt, ROWS_PER_MS } from './record';
import type { Cell, Row, Sqlite } from './sqlite';
import type { Words } from './words';

/** The most rows of a report: those with the most CPU time. */
const REPORT_ROWS_MAX = 1000;

const COLUMNS = { user: 'owner', group: 'team', notebook: 'notebook' } as const;

/** Add up executions; those without a notebook have the key ''. */
export function reportOn(db: Sqlite, words: Words, query: ReportQuery): ReportView {
  const { by, fromMs, toMs, owner } = query;
  const whose = { sql: owner === null ? 'true' : 'owner = ?', values: [] as Cell[] };
  owner === null || whose.values.push(words.find(owner));
  const rows =
    by === 'day'
      ? byDay(db, query, whose)
      : byWord(db, query, whose, COLUMNS[by]).map(it => rowOf(words.text(it['key']) ?? '', it));
  return { by, fromMs, toMs, rows };
}

/** A condition, with the values of its question marks. */
type Condition = { readonly sql: string; readonly values: readonly Cell[] };

function byWord(
  db: Sqlite,
  { fromMs, toMs }: ReportQuery,
  whose: Condition,
  column: string
): readonly Row[] {
  const amounts = amountsIn(fromMs, toMs);
  const sql = `SELECT ${column} AS key, ${SUMS} FROM ${amounts.sql} WHERE ${whose.sql}
    GROUP BY 1 ORDER BY cpu DESC, executions DESC LIMIT ${REPORT_ROWS_MAX}`;
  return db.prepare(sql).all(...amounts.values, ...whose.values);
}

/** One day after another: the days of this machine's time zone are none that are added up already. */
function byDay(db: Sqlite, { fromMs, toMs }: ReportQuery, whose: Condition): readonly ReportRow[] {
  const range = `FROM amount WHERE row >= ? AND row < ? AND ${whose.sql}`;
  const first = db.prepare(`SELECT row ${range} ORDER BY row LIMIT 1`);
  const sums = db.prepare(`SELECT ${SUMS} ${range}`);
  const rows: ReportRow[] = [];
  for (let from = rowAt(fromMs); rows.length < REPORT_ROWS_MAX;) {
    const found = first.get(from, rowAt(toMs), ...whose.values);
    if (!found) {
      break;
    }
    const { key, endMs } = dayOf(Number(found['row']) / ROWS_PER_MS);
    const end = rowAt(Math.min(endMs, toMs));
    rows.push(rowOf(key, sums.get(from, end, ...whose.values)!));
    from = end;
  }
  return rows;
}

/** The day of a time, and when it ends; some days have 23 hours, or 25. */
function dayOf(ms: number): { readonly key: string; readonly endMs: number } {
  const date = new Date(ms);
  const [year, month, day] = [date.getFullYear(), date.getMonth(), date.getDate()];
  const two = (n: number) => `${n}`.padStart(2, '0');
  return {
    key: `${year}-${two(month + 1)}-${two(day)}`,
    endMs: new Date(year, month, day + 1).getTime()
  };
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
