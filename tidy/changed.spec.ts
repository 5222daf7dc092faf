import { execFileSync } from 'node:child_process';
import { tracked, ROOT } from './sources';

type Row = {
  readonly of: readonly string[];
  readonly jest?: readonly string[];
  readonly pytest?: readonly string[];
  readonly journeys?: readonly string[];
};

/** What scripts/check/map.mjs says, in Node's own words: it is no module of jest's. */
function ask<T>(expression: string, input: unknown = null): T {
  const program = `
    import * as map from './scripts/check/map.mjs';
    import { readFileSync } from 'node:fs';
    const input = JSON.parse(readFileSync(0, 'utf8'));
    process.stdout.write(JSON.stringify(${expression}));`;
  const options = { cwd: ROOT, encoding: 'utf8', input: JSON.stringify(input) } as const;
  const args = ['--input-type=module', '--eval', program];
  return JSON.parse(execFileSync(process.execPath, args, options)) as T;
}

/** Paths that have no row and are no test. */
function strangers(paths: readonly string[]): string[] {
  return ask('input.filter(it => !map.runnerOf(it) && !map.rowOf(it))', paths);
}

describe('what is run for what changed', () => {
  const paths = tracked(/./).map(({ path }) => path);
  const rows = ask<readonly Row[]>('map.ROWS');

  it('is known of each file', () => {
    expect(paths.length).toBeGreaterThan(500);
    expect(strangers(paths)).toEqual([]);
  });

  it('is said once, and of what there is', () => {
    const beginnings = rows.flatMap(row => row.of);
    expect(beginnings.filter((it, at) => beginnings.indexOf(it) !== at)).toEqual([]);
    expect(beginnings.filter(it => !paths.some(path => path.startsWith(it)))).toEqual([]);
  });

  it('is what there is', () => {
    const named = ask<readonly string[]>(`[
      ...map.LONG,
      ...map.ROWS.flatMap(it => it.jest ?? []),
      ...map.ROWS.flatMap(it => it.pytest ?? []).map(map.testOfPython),
      ...map.ROWS.flatMap(it => it.journeys ?? []).map(map.journeyOf)
    ]`);
    expect(named.length).toBeGreaterThan(30);
    expect(named.filter(it => !paths.includes(it))).toEqual([]);
  });

  it('would be missed of a file in a new place', () => {
    expect(strangers(['elsewhere/new.ts', 'server/new.ts'])).toEqual(['elsewhere/new.ts']);
  });

  it('is what the longest beginning says', () => {
    const row = ask<Row>('map.rowOf("jupyterlab_cellgrant/client/gpus.py")');
    expect(row.pytest).toEqual(['layers', 'gpu']);
  });
});
