import type { Execution } from '../protocol/execution';
import { toldGrant } from '../protocol/grant';
import type { ExecutionView, HistoryPage } from '../protocol/history';
import type { HistoryQuery } from '../protocol/historyQuery';
import { columnsOf, executionIn, rowAt, ROWS_PER_MS } from './record';
import type { Cell, Row, Sqlite, Statement } from './sqlite';
import type { Words } from './words';

/** The executions of a database. */
export class Executions {
  private readonly inDatabase: Statement;
  private inserting: Statement | null = null;

  constructor(
    private readonly db: Sqlite,
    private readonly words: Words
  ) {
    this.inDatabase = db.prepare(
      'SELECT row, claim, holder, owner FROM execution WHERE row >= ? AND row < ? ORDER BY row'
    );
  }

  /**
   * Add executions, but for those that are there already; returns the places of those that were added.
   *
   * #### Notes
   * So a batch whose answer was lost with a thread, and a file that is imported twice, do no harm.
   */
  add(executions: readonly Execution[]): readonly number[] {
    return executions.flatMap((it, at) => (this.addOne(it) ? [at] : []));
  }

  private addOne(it: Execution): boolean {
    const columns = columnsOf(it, this.words);
    const first = rowAt(Number(columns['ended_ms']));
    const there = this.inDatabase.all(first, first + ROWS_PER_MS);
    const same = ['claim', 'holder', 'owner'] as const;
    if (there.some(row => same.every(name => row[name] === columns[name]))) {
      return false;
    }
    const row = Number(there.at(-1)?.['row'] ?? first - 1) + 1;
    if (row >= first + ROWS_PER_MS) {
      return false; // more than a node can end in one ms
    }
    const all: Record<string, Cell> = { row, ...columns };
    this.inserting ??= this.db.prepare(insertion(Object.keys(all)));
    this.inserting.run(all);
    return true;
  }

  /** One page of what is asked for. */
  page(query: HistoryQuery): HistoryPage {
    const found = this.find(query, query.limit + 1);
    const more = found.length > query.limit;
    const rows = query.fromEnd && more ? found.slice(1) : found.slice(0, query.limit);
    const executions = rows.map(row => this.viewOf(row));
    const next = more && !query.fromEnd ? (executions.at(-1)?.row ?? null) : null;
    return { executions, next };
  }

  /** The last executions, the newest last. */
  recent(limit: number): readonly Execution[] {
    const rows = this.db.prepare('SELECT * FROM execution ORDER BY row DESC LIMIT ?').all(limit);
    return rows.reverse().map(row => executionIn(row, this.words));
  }

  private find(query: HistoryQuery, limit: number): readonly Row[] {
    const from = Math.max(rowAt(query.fromMs), (query.after ?? -1) + 1);
    const conditions = ['row >= ?', 'row < ?'];
    const values: Cell[] = [from, rowAt(query.toMs)];
    for (const [column, text] of filtersOf(query)) {
      conditions.push(`${column} = ?`);
      // A text that no row has is no word, and equals nothing.
      values.push(this.words.find(text));
    }
    const where = `WHERE ${conditions.join(' AND ')} ORDER BY row`;
    const order = query.fromEnd ? 'DESC' : 'ASC';
    const sql = `SELECT * FROM execution ${where} ${order} LIMIT ?`;
    const rows = this.db.prepare(sql).all(...values, limit);
    return query.fromEnd ? rows.reverse() : rows;
  }

  private viewOf(row: Row): ExecutionView {
    const { sourceHash: _, grant, ...execution } = executionIn(row, this.words);
    return { row: Number(row['row']), ...execution, grant: grant && toldGrant(grant) };
  }
}

function filtersOf(query: HistoryQuery): readonly (readonly [column: string, text: string])[] {
  const { notebook, owner, holderId: holder, cellId: cell } = query;
  return Object.entries({ notebook, owner, holder, cell }).flatMap(([column, text]) =>
    text === null ? [] : [[column, text] as const]
  );
}

function insertion(columns: readonly string[]): string {
  const named = columns.map(it => `:${it}`).join(', ');
  return `INSERT INTO execution (${columns.join(', ')}) VALUES (${named})`;
}
