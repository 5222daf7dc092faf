import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { runAll } from './all';
import type { Entry } from './bench';

/** Stands in for the measurements: real processes that do well, fail or are killed. */
const PROGRAM = `
const [name, , file, quick] = process.argv.slice(2);
const ENDS = {
  well: () => {
    const bars = [{ id: 'a', met: true }, { id: 'b', met: false }];
    require('node:fs').writeFileSync(file, JSON.stringify({ bench: name, quick, bars }));
  },
  fails: () => {
    console.error('half done');
    throw new Error('it broke');
  },
  killed: () => process.kill(process.pid, 'SIGKILL'),
  silent: () => process.exit(3)
};
ENDS[name]();
`;

const entryOf = (more: Partial<Entry> = {}): Entry => ({
  what: 'something',
  takesS: { full: 120, quick: 10 },
  load: () => Promise.reject(new Error('it is loaded in its own process')),
  ...more
});

describe('runAll', () => {
  let directory: string;
  const lines: string[] = [];

  const run = (names: readonly string[], quick = false) =>
    runAll({
      entries: Object.fromEntries(names.map(name => [name, entryOf()])),
      program: [process.execPath, join(directory, 'program.cjs')],
      quick,
      directory,
      tell: line => void lines.push(line)
    });

  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'cellgrant-bench-'));
    writeFileSync(join(directory, 'program.cjs'), PROGRAM);
    lines.length = 0;
  });

  afterEach(() => rmSync(directory, { recursive: true }));

  it('goes on after one that failed or was killed, and says why', async () => {
    const runs = await run(['fails', 'killed', 'silent', 'well']);
    expect(runs.map(it => [it.bench, it.outcome?.bench ?? null])).toEqual([
      ['fails', null],
      ['killed', null],
      ['silent', null],
      ['well', 'well']
    ]);
    expect(runs[0]!.failure).toMatch(/^failed with 1: /);
    expect(runs.slice(1).map(it => it.failure)).toEqual([
      'ended by SIGKILL',
      'failed with 3',
      null
    ]);
    expect(readdirSync(directory)).toEqual(['program.cjs', 'well.json']);
  });

  it('tells what comes, how long it takes, what is said meanwhile, and what came of it', async () => {
    await run(['fails', 'well']);
    expect(lines[0]).toBe('[1 of 2] fails: something, about 2 min');
    expect(lines).toContain('  half done');
    expect(lines.at(-1)).toMatch(/^\[2 of 2\] well: 1 of 2 bars met after \d+ s$/);
  });

  it('runs each quickly where that is wanted, and says so', async () => {
    const [well] = await run(['well'], true);
    expect(well!.outcome!.quick).toBe('--quick');
    expect(lines[0]).toBe('[1 of 1] well: something, about 10 s');
  });

  it('leaves out what is a part of another one', async () => {
    const entries = { fails: entryOf({ partOf: 'well' }), well: entryOf() };
    const program = [process.execPath, join(directory, 'program.cjs')];
    const runs = await runAll({ entries, program, quick: false, directory, tell: () => undefined });
    expect(runs.map(it => it.bench)).toEqual(['well']);
  });
});
