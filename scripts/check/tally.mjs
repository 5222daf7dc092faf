import { relative } from 'node:path';

import { ROOT } from '../prepare/places.mjs';

/**
 * What a step came to: counts, the name and reason of each skip, and how many
 * seconds the tests of each file took.
 */
export const NOTHING = Object.freeze({ passed: 0, failed: 0, skipped: [], files: [] });

/** A step that came to no result counts as one failure. */
export const crashed = () => ({ ...NOTHING, failed: 1 });

export const sum = (one, other) => ({
  passed: one.passed + other.passed,
  failed: one.failed + other.failed,
  skipped: [...one.skipped, ...other.skipped],
  files: [...one.files, ...other.files]
});

/** The files whose tests took longest, the longest first. */
export const slowest = (files, count = 10) =>
  [...files].sort((a, b) => b.seconds - a.seconds).slice(0, count);

/**
 * A tally that agrees with the exit code: a program that failed although each
 * of its tests passed, or that ran no test, counts as a failure.
 */
export function reconcile(tally, exitCode) {
  const isSilentFailure = exitCode !== 0 && tally.failed === 0;
  const isEmpty = tally.passed + tally.failed + tally.skipped.length === 0;
  return isSilentFailure || isEmpty ? sum(tally, crashed()) : tally;
}

/** Jest's `--json`. A file that could not even be loaded counts as one failure. */
export function ofJest(report) {
  const results = report.testResults.flatMap(file => file.assertionResults);
  return {
    passed: report.numPassedTests,
    failed: report.numFailedTests + report.numRuntimeErrorTestSuites,
    skipped: results.filter(it => ['pending', 'todo'].includes(it.status)).map(it => it.fullName),
    files: report.testResults.map(({ name, startTime, endTime }) => ({
      name: relative(ROOT, name),
      seconds: (endTime - startTime) / 1000
    }))
  };
}

const attribute = (tag, name) =>
  (new RegExp(`\\b${name}="([^"]*)"`).exec(tag)?.[1] ?? '')
    .replace(/&lt;/g, '<')
    .replace(/&gt;/g, '>')
    .replace(/&quot;/g, '"')
    .replace(/&#10;/g, ' ')
    .replace(/&amp;/g, '&');

/** Seconds by file, from those of each test. */
function sumByFile(tests) {
  const byName = new Map();
  for (const { name, seconds } of tests) {
    byName.set(name, (byName.get(name) ?? 0) + seconds);
  }
  return [...byName].map(([name, seconds]) => ({ name, seconds }));
}

/** pytest's `--junitxml`. */
export function ofPytest(xml) {
  const suite = /<testsuite [^>]*>/.exec(xml)?.[0] ?? '';
  const count = name => Number(attribute(suite, name) || 0);
  const failed = count('failures') + count('errors');
  const skips = [...xml.matchAll(/<testcase ([^>]*)><skipped([^>]*)>/g)];
  const tests = [...xml.matchAll(/<testcase ([^>]*?)\/?>/g)].map(([, test]) => ({
    name: `${attribute(test, 'classname').replaceAll('.', '/')}.py`,
    seconds: Number(attribute(test, 'time'))
  }));
  return {
    passed: count('tests') - failed - count('skipped'),
    failed,
    skipped: skips.map(
      ([, test, why]) => `${attribute(test, 'name')}: ${attribute(why, 'message')}`
    ),
    files: sumByFile(tests)
  };
}

const specsBelow = suite => [
  ...(suite.specs ?? []),
  ...(suite.suites ?? []).flatMap(it => specsBelow(it))
];

/** Playwright's JSON report. A test that passed only when tried again has passed, and is named. */
export function ofPlaywright(report) {
  const specs = report.suites.flatMap(specsBelow);
  const runs = specs.flatMap(({ file, tests }) =>
    tests.flatMap(({ results }) =>
      results.map(({ duration }) => ({
        name: `ui-tests/journeys/${file}`,
        seconds: duration / 1000
      }))
    )
  );
  const having = status =>
    specs.filter(spec => spec.tests.some(test => test.status === status)).map(it => it.title);
  for (const title of having('flaky')) {
    console.log(`passed only when tried again: ${title}`);
  }
  return {
    passed: report.stats.expected + report.stats.flaky,
    failed: report.stats.unexpected + (report.errors ?? []).length,
    skipped: having('skipped'),
    files: sumByFile(runs)
  };
}
