import { join } from 'node:path';

import { ensureLibraries } from '../prepare/python.mjs';
import { ensureChromium } from './chromium.mjs';
import { REPORTS, checkEach, countTests } from './programs.mjs';
import { NOTHING, ofJest, ofPlaywright, ofPytest } from './tally.mjs';

/** The compiler on the product, each folder seeing only what its layer may, and on everything. */
export const types = () =>
  checkEach([
    ['types-layers', 'tsc', '-b'],
    ['types-all', 'tsc', '-p', 'tsconfig.test.json']
  ]);

/** Every linter, and every formatter in its checking mode. */
export const lint = () =>
  checkEach([
    ['eslint', 'eslint', '--max-warnings=0', '.'],
    ['stylelint', 'stylelint', 'style/**/*.css'],
    ['prettier', 'prettier', '--check', '--log-level=warn', '.'],
    ['ruff', 'ruff', 'check', '.'],
    ['ruff-format', 'ruff', 'format', '--check', '.']
  ]);

function jestOn(name, args) {
  const report = join(REPORTS, `${name}.json`);
  // A test that fails may leave a process; that must not keep the run from its end.
  const options = ['--ci', '--forceExit', '--json', `--outputFile=${report}`];
  return countTests(name, ['jest', ...options, ...args], {
    report,
    read: text => ofJest(JSON.parse(text))
  });
}

/** The house rules, as tests. */
export const tidy = () =>
  jestOn('tidy', ['--selectProjects', 'server', '--testPathPattern=/tidy/']);

/** The sidecar and the lab extension. */
export const jest = () => jestOn('jest', ['--testPathIgnorePatterns=/tidy/|/node_modules/']);

/** The contract of enforcement on real cgroup v2, in an emulated machine. */
export function v2() {
  const report = join(REPORTS, 'v2.json');
  return countTests('v2', ['node', join('scripts', 'testV2.mjs'), '--report', report], {
    report,
    read: JSON.parse
  });
}

/** The Python parts, on real kernels, servers and sidecars, and the wheel. */
export async function pytest() {
  await ensureLibraries();
  const report = join(REPORTS, 'pytest.xml');
  return countTests('pytest', ['python', '-m', 'pytest', '-q', `--junitxml=${report}`], {
    report,
    read: ofPytest
  });
}

/** A real JupyterLab in a real browser. */
export async function ui() {
  const browser = await ensureChromium();
  if (browser.missing) {
    return { ...NOTHING, skipped: [browser.missing] };
  }
  const report = join(REPORTS, 'ui.json');
  const config = join('ui-tests', 'playwright.config.ts');
  return countTests('ui', ['playwright', 'test', `--config=${config}`, '--reporter=list,json'], {
    report,
    read: text => ofPlaywright(JSON.parse(text)),
    env: { CELLGRANT_CHROMIUM: browser.path, PLAYWRIGHT_JSON_OUTPUT_NAME: report }
  });
}
