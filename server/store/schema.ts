import { DAILY } from './daily';
import type { Sqlite } from './sqlite';

/** Marks a database of SQLite as ours: `CGhi`. */
export const APPLICATION_ID = 0x43476869;

/**
 * What each version added; a file of version n has the first n of them.
 *
 * #### Notes
 * - What repeats in many rows (names, paths, asks) stands once, as a `word`.
 * - The `row` of an execution begins with when it ended (see record.ts): a range of time is a
 *   range of rows, also after older ones were imported.
 * - `sample` has a row for each step of time of each resolution.
 */
export const UPGRADES: readonly string[] = [
  `CREATE TABLE word (id INTEGER PRIMARY KEY, text TEXT NOT NULL UNIQUE);
   CREATE TABLE execution (
     row INTEGER PRIMARY KEY,
     claim TEXT NOT NULL,
     holder INTEGER NOT NULL, kind INTEGER NOT NULL, name INTEGER NOT NULL, notebook INTEGER,
     owner INTEGER NOT NULL, team INTEGER NOT NULL, cell INTEGER, label INTEGER, source TEXT,
     arrived_ms INTEGER NOT NULL, granted_ms INTEGER, ended_ms INTEGER NOT NULL, think_ms INTEGER,
     outcome INTEGER NOT NULL, ask INTEGER NOT NULL,
     cpus INTEGER, cpu_count INTEGER, threads INTEGER, memory INTEGER, gpus INTEGER, gpu_count INTEGER,
     asked INTEGER,
     measured INTEGER NOT NULL, cpu_seconds REAL, cpus_peak REAL, memory_peak INTEGER,
     memory_kept INTEGER, threads_peak INTEGER, processes_peak INTEGER, gpu_memory_peak INTEGER,
     gpu_utilisation REAL
   );
   CREATE INDEX execution_notebook ON execution (notebook) WHERE notebook IS NOT NULL;
   CREATE INDEX execution_cell ON execution (cell) WHERE cell IS NOT NULL;
   CREATE INDEX execution_holder ON execution (holder);
   CREATE TABLE sample (
     step_ms INTEGER, series INTEGER, at_ms INTEGER, n INTEGER NOT NULL,
     cpus REAL, cpus_max REAL, memory REAL, memory_max REAL, running REAL, waiting REAL,
     gpu_use REAL, gpu_memory REAL,
     PRIMARY KEY (step_ms, series, at_ms)
   ) WITHOUT ROWID;`,
  // What predictions are made from (LEARN3).
  `ALTER TABLE execution ADD COLUMN memory_before INTEGER;
   ALTER TABLE execution ADD COLUMN was_limited INTEGER NOT NULL DEFAULT 0;
   ALTER TABLE execution ADD COLUMN efficiency REAL;`,
  DAILY
];

/** The version that this program writes. */
export const VERSION = UPGRADES.length;

/** Bring a database to the present version, in one transaction; a new one has version 0. */
export function upgrade(db: Sqlite): void {
  const from = pragmaOf(db, 'user_version');
  if (from === VERSION) {
    return;
  }
  db.exec('BEGIN');
  UPGRADES.slice(from).forEach(it => db.exec(it));
  db.exec(`PRAGMA application_id = ${APPLICATION_ID}; PRAGMA user_version = ${VERSION}; COMMIT`);
}

/** A number that the database has about itself. */
export function pragmaOf(db: Sqlite, name: string): number {
  return Number(Object.values(db.prepare(`PRAGMA ${name}`).get() ?? {})[0]);
}
