import { rowAt } from './record';
import type { Sqlite } from './sqlite';

const DAY_MS = 24 * 3_600_000;

/** What is added up, as columns of `amount` and `daily`. */
const AMOUNTS = [
  ...['executions', 'waited', 'ran', 'cpu', 'cpu_held'],
  ...['memory_held', 'memory_used', 'gpu_held', 'gpu_used']
];

/** Sums of all of them. */
export const SUMS = AMOUNTS.map(it => `sum(${it}) AS ${it}`).join(', ');

/**
 * What a report adds up, and the same added up already, by day (UTC), notebook, user and group.
 *
 * #### Notes
 * - Executions without a notebook have 0 there, which is no word.
 * - A trigger keeps the sums, so that they are in the transaction of the execution whoever adds it.
 */
export const DAILY = `
  CREATE VIEW amount AS SELECT
    row, row / ${rowAt(DAY_MS)} AS day, coalesce(notebook, 0) AS notebook, owner, team,
    1 AS executions,
    coalesce(granted_ms, ended_ms) - arrived_ms AS waited,
    ended_ms - coalesce(granted_ms, ended_ms) AS ran,
    coalesce(cpu_seconds, 0.0) AS cpu,
    -- What ran unpinned kept no CPU from others: it held what it used.
    coalesce(cpu_count * ${ranS()}, cpu_seconds, 0.0) AS cpu_held,
    coalesce(memory * ${ranS()}, 0.0) AS memory_held,
    coalesce(memory_peak * ${ranS()}, 0.0) AS memory_used,
    coalesce(gpu_count * ${ranS()}, 0.0) AS gpu_held,
    coalesce(gpu_count * gpu_utilisation * ${ranS()}, 0.0) AS gpu_used
  FROM execution;
  CREATE TABLE daily (
    day INTEGER, notebook INTEGER, owner INTEGER, team INTEGER,
    ${AMOUNTS.map(it => `${it} NUMERIC NOT NULL`).join(', ')},
    PRIMARY KEY (day, notebook, owner, team)
  ) WITHOUT ROWID;
  CREATE TRIGGER execution_added AFTER INSERT ON execution BEGIN
    INSERT INTO daily SELECT day, notebook, owner, team, ${AMOUNTS.join(', ')}
      FROM amount WHERE row = new.row
      ON CONFLICT DO UPDATE SET ${AMOUNTS.map(it => `${it} = ${it} + excluded.${it}`).join(', ')};
  END;
  ${addedUp('true')};`;

function ranS(): string {
  return '((ended_ms - coalesce(granted_ms, ended_ms)) / 1000.0)';
}

function addedUp(which: string): string {
  const key = 'day, notebook, owner, team';
  return `INSERT INTO daily SELECT ${key}, ${SUMS} FROM amount WHERE ${which} GROUP BY ${key}`;
}

/** Remove executions that ended before a time, with their sums; returns how many there were. */
export function removeBefore(db: Sqlite, ms: number): number {
  const row = rowAt(ms);
  const day = Math.floor(row / rowAt(DAY_MS));
  db.exec('BEGIN');
  const { changes } = db.prepare('DELETE FROM execution WHERE row < ?').run(row);
  if (Number(changes) > 0) {
    db.prepare('DELETE FROM daily WHERE day <= ?').run(day);
    // Of the day that the time is in, what is left.
    db.prepare(addedUp('row >= ? AND row < ?')).run(row, rowAt((day + 1) * DAY_MS));
  }
  db.exec('COMMIT');
  return Number(changes);
}

/** The amounts of a range of time, as a table: whole days as they are added up, and the executions beside them. */
export function amountsIn(
  fromMs: number,
  toMs: number
): { sql: string; values: readonly number[] } {
  const [first, last] = [Math.ceil(fromMs / DAY_MS), Math.floor(toMs / DAY_MS)];
  const columns = ['notebook', 'owner', 'team', ...AMOUNTS].join(', ');
  const single = `SELECT ${columns} FROM amount WHERE row >= ? AND row < ?`;
  return {
    sql: `(SELECT ${columns} FROM daily WHERE day >= ? AND day < ?
      UNION ALL ${single} UNION ALL ${single})`,
    values: [
      ...[first, last],
      ...[rowAt(fromMs), rowAt(Math.min(first * DAY_MS, toMs))],
      ...[rowAt(Math.max(first, last) * DAY_MS), rowAt(toMs)]
    ]
  };
}
