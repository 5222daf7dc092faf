import * as fs from 'node:fs';

import { errnoOf } from '../host/files';
import { whyForeign, whyShared } from '../host/ownFile';
import type { Place } from './messages';
import { APPLICATION_ID, VERSION, pragmaOf, upgrade } from './schema';
import { SQLITE, loadSqlite, sqliteCodeOf, type Sqlite } from './sqlite';

const { O_CREAT, O_EXCL, O_NOFOLLOW, O_WRONLY } = fs.constants;

/** A file that cannot be used as it is; the message says what it is and what to do. */
class UnusableError extends Error {}

/**
 * - One process writes, and it locks the file: so the log of writes (WAL) needs no memory shared by
 *   mmap, which a home on NFS does not have, and a commit needs no fsync. A process that is killed
 *   loses nothing of what was committed; a machine that crashes may lose the last commits, and never
 *   the file.
 * - A small cache, and sorting in temporary files: what is asked may be large.
 */
const SETTINGS = `
  PRAGMA locking_mode = EXCLUSIVE;
  PRAGMA journal_mode = WAL;
  PRAGMA synchronous = NORMAL;
  PRAGMA journal_size_limit = 8000000;
  PRAGMA cache_size = -1000;`;

/** Open the database there, which is made if there is none. Throws {@link UnusableError}, and what SQLite throws. */
export function openAt({ path, named }: Place): Sqlite {
  const isNew = prepareFile(path, named);
  const { DatabaseSync } = loadSqlite();
  const db = new DatabaseSync(path);
  try {
    isNew || checkOurs(db, named);
    // Only before there is anything in it.
    isNew && db.exec('PRAGMA auto_vacuum = INCREMENTAL');
    db.exec(SETTINGS);
    upgrade(db);
    return db;
  } catch (failure) {
    db.close();
    throw failure;
  }
}

/** Check the files there, and make the first one; returns whether it is empty. */
function prepareFile(path: string, named: string): boolean {
  for (const end of ['', '-wal', '-journal']) {
    const facts = fs.lstatSync(path + end, { throwIfNoEntry: false });
    const why = facts && (whyForeign(facts) ?? whyShared(facts));
    if (why) {
      throw new UnusableError(`${named}${end} is not used: ${why}. Move it away`);
    }
  }
  const facts = fs.lstatSync(path, { throwIfNoEntry: false });
  facts ?? fs.closeSync(fs.openSync(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0o600));
  return !facts?.size;
}

function checkOurs(db: Sqlite, named: string): void {
  const [id, version] = [pragmaOf(db, 'application_id'), pragmaOf(db, 'user_version')];
  if (id !== APPLICATION_ID && (id !== 0 || hasTables(db))) {
    throw new UnusableError(`${named} is the database of another program. Move it away`);
  }
  if (version > VERSION) {
    const known = `it has version ${version}, and this one knows versions up to ${VERSION}`;
    throw new UnusableError(
      `${named} was written by a newer Cellgrant: ${known}. Install that again, or move the file away`
    );
  }
}

function hasTables(db: Sqlite): boolean {
  return db.prepare('SELECT 1 FROM sqlite_schema LIMIT 1').get() !== undefined;
}

/** Whether what was thrown means that a file is damaged. */
export function isDamage(failure: unknown): boolean {
  return [SQLITE.corrupt, SQLITE.notADatabase].includes(sqliteCodeOf(failure) ?? 0);
}

/** Keep a damaged file under another name; returns a sentence about it. */
export function moveAside({ path, named }: Place, nowMs: number): string {
  const end = `.damaged-${new Date(nowMs).toISOString().replace(/[-:]|\.\d+/g, '')}`;
  fs.renameSync(path, path + end);
  for (const log of ['-wal', '-journal']) {
    fs.existsSync(path + log) && fs.renameSync(path + log, `${path}${end}${log}`);
  }
  return `The history in ${named} was damaged: it is kept as ${named}${end}, and a new one has begun.`;
}

/** Why nothing can be recorded, as a sentence; null for what is our mistake. */
export function whyPaused(failure: unknown, { named }: Place): string | null {
  const then = 'Until then nothing is recorded; cells run as ever.';
  if (failure instanceof UnusableError) {
    return `There is no history: ${failure.message}. ${then}`;
  }
  const code = sqliteCodeOf(failure);
  const errno = errnoOf(failure);
  if (code === SQLITE.full || ['ENOSPC', 'EDQUOT'].includes(errno)) {
    return `History is paused: there is no room for ${named}. Make room on its file system. ${then}`;
  }
  if (code === SQLITE.readonly || ['EACCES', 'EPERM', 'EROFS'].includes(errno)) {
    return `History is paused: ${named} cannot be written. Let its owner write it, or move it away. ${then}`;
  }
  const isOfHost = code !== null ? code !== 1 : errno !== 'EUNKNOWN';
  const what = failure instanceof Error ? failure.message : String(failure);
  return isOfHost ? `History is paused: ${named} cannot be used (${what}). ${then}` : null;
}
