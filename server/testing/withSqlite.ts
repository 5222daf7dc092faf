import { HAS_SQLITE } from '../store/sqlite';

/** Describes what needs SQLite, which `npm test` brings with its Node; an older one says why it skips. */
export function describeWithSqlite(name: string, tests: () => void): void {
  HAS_SQLITE
    ? describe(name, tests)
    : describe.skip(`${name} (skipped: Node ${process.version} has no node:sqlite)`, tests);
}
