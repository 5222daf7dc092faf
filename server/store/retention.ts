import { removeBefore } from './daily';
import { RESOLUTIONS, STEP_MS } from './samples';
import { pragmaOf } from './schema';
import type { Sqlite } from './sqlite';

/** How much of the past is kept. */
export type Limits = {
  /** Executions and the coarsest samples; in days. */
  readonly days: number;
  /** The file, in bytes. */
  readonly bytes: number;
};

const DAY_MS = 24 * 3_600_000;

/** How much of what is oldest goes at once where the file is too large. */
const PART = 0.1;

/** How often what is too old is looked for, and (much slower) words that no row has any more, in ms. */
const LOOK_MS = 3_600_000;
const SWEEP_MS = DAY_MS;

/** Keeps a database within its bounds: what is oldest goes first. */
export class Retention {
  private lookedMs = -Infinity;
  private sweptMs: number | null = null;

  constructor(private readonly db: Sqlite) {}

  /** Remove what there is too much of; returns whether words were removed. Mostly it does nothing. */
  keep(limits: Limits, nowMs: number): boolean {
    const isFull = bytesOf(this.db) > limits.bytes;
    if (!isFull && nowMs < this.lookedMs + LOOK_MS) {
      return false;
    }
    this.lookedMs = nowMs;
    this.sweptMs ??= nowMs;
    removeOld(this.db, limits, nowMs);
    while (bytesOf(this.db) > limits.bytes && removeOldest(this.db, nowMs)) {
      // until it is small enough
    }
    const isSweep = isFull || nowMs >= this.sweptMs + SWEEP_MS;
    if (isSweep) {
      this.sweptMs = nowMs;
      removeWords(this.db);
    }
    this.db.exec('PRAGMA incremental_vacuum');
    return isSweep;
  }
}

/** What the file has in use, in bytes. */
function bytesOf(db: Sqlite): number {
  const pages = pragmaOf(db, 'page_count') - pragmaOf(db, 'freelist_count');
  return pages * pragmaOf(db, 'page_size');
}

function removeOld(db: Sqlite, { days }: Limits, nowMs: number): void {
  const oldestMs = nowMs - days * DAY_MS;
  removeBefore(db, oldestMs);
  for (const { stepMs, keptMs } of RESOLUTIONS) {
    removeSamples(db, stepMs, Math.max(oldestMs, nowMs - keptMs));
  }
}

function removeSamples(db: Sqlite, stepMs: number, ms: number): number {
  const removing = db.prepare('DELETE FROM sample WHERE step_ms = ? AND series = ? AND at_ms < ?');
  const all = db.prepare('SELECT DISTINCT series FROM sample WHERE step_ms = ?').all(stepMs);
  return all.reduce((sum, it) => sum + Number(removing.run(stepMs, it['series']!, ms).changes), 0);
}

/** Remove a part of all executions and the samples of their time, the oldest; returns false where nothing is left. */
function removeOldest(db: Sqlite, nowMs: number): boolean {
  const ms = cutOf(db, nowMs);
  const gone = removeBefore(db, ms);
  return RESOLUTIONS.reduce((sum, { stepMs }) => sum + removeSamples(db, stepMs, ms), gone) > 0;
}

/** Until when a part of all executions ended; or, without any, a part of the time that has samples. */
function cutOf(db: Sqlite, nowMs: number): number {
  const count = Number(db.prepare('SELECT count(*) AS n FROM execution').get()!['n']);
  const nth = 'SELECT ended_ms AS ms FROM execution ORDER BY row LIMIT 1 OFFSET ?';
  const cut = db.prepare(nth).get(Math.ceil(count * PART));
  const firstMs = Number(db.prepare('SELECT min(at_ms) AS ms FROM sample').get()!['ms'] ?? nowMs);
  return Number(cut?.['ms'] ?? Math.ceil(firstMs + (nowMs + STEP_MS - firstMs) * PART));
}

function removeWords(db: Sqlite): void {
  const columns = ['holder', 'name', 'notebook', 'owner', 'team', 'cell', 'label', 'ask', 'cpus'];
  const used = [...columns, 'gpus'].map(it => `SELECT ${it} FROM execution WHERE ${it} NOTNULL`);
  used.push('SELECT series FROM sample');
  db.exec(`DELETE FROM word WHERE id NOT IN (${used.join(' UNION ')})`);
}
