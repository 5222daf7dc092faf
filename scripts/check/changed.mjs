import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { basename } from 'node:path';

import { ROOT, inRoot } from '../prepare/places.mjs';
import { Failure } from '../prepare/say.mjs';
import { environment } from './programs.mjs';

/** The main branch, as a clone or as its own work tree knows it. */
const MAIN = ['origin/HEAD', 'origin/main', 'origin/master', 'main', 'master'];

/** These take long: they are run where something in their own folder changed. */
const LONG = [
  'bench/simulator/sweep',
  'server/daemon/directory',
  'server/daemon/faults',
  'server/daemon/presence',
  'server/daemon/restart',
  'server/daemon/strangers',
  'server/fuzz'
].map(it => `${it}.spec.ts`);

/** The tests of Python that come first for what changed below a path, without `test_` and `.py`. */
const PYTEST = [
  [
    /^jupyterlab_cellgrant\/gate\/(wire|speech|rejection|turn|hook|imports|start)/,
    'gate_order wire'
  ],
  [/^jupyterlab_cellgrant\/gate\/(connection|link|listener|mailbox|peer)/, 'gate_outage tokens'],
  [/^jupyterlab_cellgrant\/gate\/(applied|holding|keeper|interrupts)/, 'gate_grant gate_ends'],
  [/^jupyterlab_cellgrant\/gate\/(masks|leftovers|factories)/, 'leftovers factories'],
  [/^jupyterlab_cellgrant\/gate\/(libraries|pools|variables)/, 'thread_pools children'],
  [/^jupyterlab_cellgrant\/gate\/gpus|^server\/testing\/standin-gpu\//, 'gpu'],
  [/^jupyterlab_cellgrant\/(app|proxy|settings|events|schemas)/, 'extension events'],
  [/^jupyterlab_cellgrant\/(supervisor|sidecar_|node_runtime|ending|paths)/, 'supervisor ending'],
  [/^jupyterlab_cellgrant\/(cli|command|__main__|unix_http|status)/, 'cli command status'],
  [/^jupyterlab_cellgrant\/(provisioner|renames)/, 'provisioner renames fence'],
  [/^jupyterlab_cellgrant\/tests\/(?!test_)|^requirements/, 'gate_order provisioner'],
  [/^server\/(?!testing\/|.*\.spec\.ts$)/, 'gate_order trust'],
  [/^server\/testing\/directives\.json$|^jupyterlab_cellgrant\/.*directives/, 'directives'],
  [/^examples\//, 'tour'],
  [/^(pyproject\.toml|install\.json|jupyter-config\/|scripts\/(bundle|wheel))/, 'wheel']
];

/** What a change of the lab extension breaks first. */
const JOURNEYS = ['grant', 'badge', 'hints'];

const IN_PYTHON = /^jupyterlab_cellgrant\/tests\/test_(\w+)\.py$/;
const IN_JEST = /^(server|src|bench|schema)\//;
const IN_LAB = /^(src|style|schema|ui-tests)\//;
const IN_JOURNEY = /^ui-tests\/journeys\/(\w+)\.spec\.ts$/;
const IN_V2 = /^server\/(enforce|testing\/v2)\/|^server\/testing\/(enforcerContract|realRig)/;

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
  return [...new Set(paths)].filter(it => existsSync(inRoot(it)));
}

const folderOf = path => path.slice(0, path.lastIndexOf('/') + 1);

/** The tests of jest that import something that changed, split by whether they may take long. */
function relatedTests(paths) {
  const sources = paths.filter(it => IN_JEST.test(it));
  if (sources.length === 0) {
    return { run: [], left: [] };
  }
  const listed = execFileSync('jest', ['--listTests', '--findRelatedTests', ...sources], {
    cwd: ROOT,
    env: environment(),
    encoding: 'utf8'
  });
  const tests = listed.split('\n').flatMap(it => (it ? [it.slice(ROOT.length + 1)] : []));
  const isLeft = it => LONG.includes(it) && !sources.some(path => folderOf(path) === folderOf(it));
  return { run: tests.filter(it => !isLeft(it)), left: tests.filter(isLeft) };
}

function pytestFiles(paths) {
  const own = paths.flatMap(it => IN_PYTHON.exec(it)?.[1] ?? []);
  const mapped = PYTEST.filter(([pattern]) => paths.some(it => pattern.test(it)));
  const names = new Set([...own, ...mapped.flatMap(([, names]) => names.split(' '))]);
  return [...names].map(it => `jupyterlab_cellgrant/tests/test_${it}.py`);
}

function journeys(paths) {
  const own = paths.flatMap(it => IN_JOURNEY.exec(it)?.[1] ?? []);
  return paths.some(it => IN_LAB.test(it)) ? [...new Set([...own, ...JOURNEYS])] : [];
}

const allBut = list => (list.length ? `all but ${list.join(', ')}` : 'all');

/**
 * What to run for paths that changed: by step the files that it is about, and
 * sentences about what is left out.
 */
export function planFor(paths) {
  const jest = relatedTests(paths);
  const [pytest, ui] = [pytestFiles(paths), journeys(paths)];
  const v2 = paths.some(it => IN_V2.test(it)) ? ['--machine', 'plain'] : [];
  const files = { lint: paths, jest: jest.run, ui, pytest, v2 };
  const chosen = Object.entries(files).filter(([, its]) => its.length);
  return {
    only: { types: undefined, tidy: undefined, ...Object.fromEntries(chosen) },
    leftOut: [
      `jest: ${allBut(jest.run.length ? ['what imports what changed'] : [])}`,
      ...jest.left.map(it => `jest: ${it}, which takes long`),
      `pytest: ${allBut(pytest.map(it => basename(it)))}`,
      `ui: ${allBut(ui)}`,
      `v2: ${allBut(v2.slice(1).map(it => `the machine "${it}"`))}`
    ]
  };
}
