import { availableParallelism } from 'node:os';
import { join } from 'node:path';

import { ensureLibraries } from '../prepare/python.mjs';
import { ensureChromium } from './chromium.mjs';
import { REPORTS, checkEach, countTests, onProductNode } from './programs.mjs';
import { NOTHING, ofJest, ofPlaywright, ofPytest } from './tally.mjs';

/*
 * Each step is given `show`, to which it says what it prints, and may be given
 * `only`: the files that it is to be about; without it, it is about everything.
 */

/** By itself jest leaves one CPU free, which is half of what many machines have. */
const JEST_WORKERS = Math.max(2, availableParallelism() - 1);

/** Files of Python's tests that run beside each other: for the most part they wait for kernels. */
const PYTEST_WORKERS = 3;

/** The compiler on the product, each folder seeing only what its layer may, and on everything. */
export const types = show =>
  checkEach(
    [
      ['types-layers', 'tsc', '-b'],
      ['types-all', 'tsc', '-p', 'tsconfig.test.json']
    ],
    show
  );

/** All that Prettier knows, but for what is made beside it: it looks into folders that it ignores. */
const FORMATTED = ['.', '!.cache', '!.cache/**'];

/** Every linter, and every formatter in its checking mode. */
export function lint(show, only) {
  const linters = [
    ['eslint', /\.(tsx?|m?js)$/, ['.'], 'eslint', '--max-warnings=0'],
    ['stylelint', /^style\/.*\.css$/, ['style/**/*.css'], 'stylelint'],
    ['prettier', /./, FORMATTED, 'prettier', '--check', '--log-level=warn', '--ignore-unknown'],
    ['ruff', /\.py$/, ['.'], 'ruff', 'check'],
    ['ruff-format', /\.py$/, ['.'], 'ruff', 'format', '--check']
  ];
  const commands = linters.flatMap(([name, pattern, everything, ...command]) => {
    const files = only?.filter(it => pattern.test(it)) ?? everything;
    return files.length ? [[name, ...command, ...files]] : [];
  });
  return checkEach(commands, show);
}

function jestOn(name, args, show) {
  const report = join(REPORTS, `${name}.json`);
  // A test that fails may leave a process; that must not keep the run from its end.
  const options = ['--ci', '--forceExit', '--json', `--outputFile=${report}`];
  options.push(`--maxWorkers=${JEST_WORKERS}`);
  return countTests(name, ['jest', ...options, ...args], {
    report,
    read: text => ofJest(JSON.parse(text)),
    show,
    env: onProductNode()
  });
}

/** The house rules, as tests. */
export const tidy = show =>
  jestOn('tidy', ['--selectProjects', 'server', '--testPathPattern=/tidy/'], show);

/** The sidecar and the lab extension. */
export function jest(show, only) {
  const which = only ? ['--runTestsByPath', ...only] : [];
  return jestOn('jest', [...which, '--testPathIgnorePatterns=/tidy/|/node_modules/'], show);
}

/** The contract of enforcement on real cgroup v2, in emulated machines; `only` may choose one. */
export function v2(show, only = []) {
  const report = join(REPORTS, 'v2.json');
  const command = ['node', join('scripts', 'testV2.mjs'), '--report', report, ...only];
  return countTests('v2', command, {
    report,
    read: text => ({ ...NOTHING, ...JSON.parse(text) }),
    show
  });
}

/** The Python parts, on real kernels, servers and sidecars, and the wheel. */
export async function pytest(show, only = []) {
  await ensureLibraries();
  const report = join(REPORTS, 'pytest.xml');
  const beside = ['-n', PYTEST_WORKERS, '--dist', 'loadfile', '--no-loadscope-reorder'];
  const options = ['-q', ...beside, `--junitxml=${report}`, ...only];
  return countTests('pytest', ['python', '-m', 'pytest', ...options], {
    report,
    read: ofPytest,
    show
  });
}

/** A real JupyterLab in a real browser. */
export async function ui(show, only = []) {
  const browser = await ensureChromium();
  if (browser.missing) {
    return { ...NOTHING, skipped: [browser.missing] };
  }
  const report = join(REPORTS, 'ui.json');
  const config = join('ui-tests', 'playwright.config.ts');
  const options = [`--config=${config}`, '--reporter=list,json', ...only];
  return countTests('ui', ['playwright', 'test', ...options], {
    report,
    read: text => ofPlaywright(JSON.parse(text)),
    show,
    env: { CELLGRANT_CHROMIUM: browser.path, PLAYWRIGHT_JSON_OUTPUT_NAME: report }
  });
}
