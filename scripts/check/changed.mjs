import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { basename } from 'node:path';

import { ROOT, inRoot } from '../prepare/places.mjs';
import { Failure } from '../prepare/say.mjs';
import { LONG, journeyOf, rowOf, runnerOf, testOfPython } from './map.mjs';
import { environment } from './programs.mjs';

/** The main branch, as a clone or as its own work tree knows it. */
const MAIN = ['origin/HEAD', 'origin/main', 'origin/master', 'main', 'master'];

function git(...args) {
  const { status, stdout } = spawnSync('git', args, { cwd: ROOT, encoding: 'utf8' });
  return status === 0 ? stdout : null;
}

/**
 * Paths of what was written or changed since a revision (undefined: since the main branch was
 * left), committed or not; what was deleted is left out, for the compiler tells of that.
 */
export function changedSince(revision) {
  const known = it => git('rev-parse', '--verify', '--quiet', `${it}^{commit}`) !== null;
  const main = revision ?? MAIN.find(known);
  const base = main && git('merge-base', main, 'HEAD')?.trim();
  if (!base) {
    throw new Failure(
      `There is no revision ${revision ?? `of a main branch (${MAIN.join(', ')})`} to compare with: name one, as in npm test -- --changed HEAD~3.`
    );
  }
  const changed = git('diff', '--name-only', '-z', base);
  const fresh = git('ls-files', '--others', '--exclude-standard', '-z');
  const paths = `${changed}${fresh}`.split('\0').filter(Boolean);
  return unique(paths).filter(it => existsSync(inRoot(it)));
}

const unique = list => [...new Set(list)];

const folderOf = path => path.slice(0, path.lastIndexOf('/') + 1);

/** The tests of jest that import something of these, as jest finds them; a test imports itself. */
function importersOf(paths) {
  if (paths.length === 0) {
    return [];
  }
  const listed = execFileSync('jest', ['--listTests', '--findRelatedTests', ...paths], {
    cwd: ROOT,
    env: environment(),
    encoding: 'utf8'
  });
  return listed.split('\n').flatMap(it => (it ? [it.slice(ROOT.length + 1)] : []));
}

/** The tests of jest beside these: many run the bundled sidecar, and import little of it. */
function neighboursOf(paths) {
  const beside = unique(paths.map(folderOf)).flatMap(folder =>
    readdirSync(inRoot(folder)).map(name => folder + name)
  );
  return beside.filter(it => runnerOf(it) === 'jest' && !LONG.includes(it));
}

const allBut = list => (list.length ? `all but ${list.join(', ')}` : 'all');

/**
 * What to run for paths that changed: by step the files that it is about, and
 * sentences about what is left out.
 */
export function planFor(paths) {
  const own = runner => paths.filter(it => runnerOf(it) === runner);
  const sources = paths.filter(it => !runnerOf(it));
  const rows = unique(sources.map(rowOf)).filter(Boolean);
  const named = key => rows.flatMap(row => row[key] ?? []);
  const imported = sources.filter(it => rowOf(it)?.imported);
  const importers = importersOf([...own('jest'), ...imported]);
  const tests = unique([...importers, ...neighboursOf(imported), ...named('jest')]);
  const isLeft = it => LONG.includes(it) && !paths.some(path => folderOf(path) === folderOf(it));
  const jest = tests.filter(it => !isLeft(it));
  const pytest = unique([...own('pytest'), ...named('pytest').map(testOfPython)]);
  const ui = unique([...own('journeys'), ...named('journeys').map(journeyOf)]);
  const machines = unique(named('machines'));
  const v2 = machines.flatMap(it => ['--machine', it]);
  const chosen = Object.entries({ lint: paths, jest, ui, pytest, v2 });
  return {
    only: {
      types: undefined,
      tidy: undefined,
      ...Object.fromEntries(chosen.filter(([, its]) => its.length))
    },
    leftOut: [
      `jest: ${allBut(jest.length ? ['what imports what changed, or is beside it'] : [])}`,
      ...tests.filter(isLeft).map(it => `jest: ${it}, which takes long`),
      `pytest: ${allBut(pytest.map(it => basename(it)))}`,
      `ui: ${allBut(ui.map(it => basename(it, '.spec.ts')))}`,
      `v2: ${allBut(machines.map(it => `the machine "${it}"`))}`
    ]
  };
}
