import { isBuiltin } from 'node:module';
import type * as sqlite from 'node:sqlite';

/** An open database. */
export type Sqlite = sqlite.DatabaseSync;

/** A statement that is compiled once. */
export type Statement = sqlite.StatementSync;

/** What a column may hold. */
export type Cell = sqlite.SQLOutputValue;

/** A row, by its columns. */
export type Row = Readonly<Record<string, Cell>>;

/** Whether this Node has SQLite; before 22.13 it had none. */
export const HAS_SQLITE = isBuiltin('node:sqlite');

/** SQLite itself, loaded where it is used: most of a process never needs it. */
export function loadSqlite(): typeof sqlite {
  return process.getBuiltinModule('node:sqlite');
}

/** Primary result codes of SQLite (sqlite3.h) that somebody can do something about. */
export const SQLITE = { readonly: 8, corrupt: 11, full: 13, cannotOpen: 14, notADatabase: 26 };

/** The primary result code of what SQLite threw; null for anything else. */
export function sqliteCodeOf(failure: unknown): number | null {
  const { errcode } = failure as { errcode?: unknown };
  return typeof errcode === 'number' ? errcode & 0xff : null;
}
