import { writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { buildSync } from 'esbuild';
import { ImageUnavailable, makeImage, type Image } from './image';
import { bootMachine } from './machine';

/*
 * npm run test:v2: the enforcer's contract on real cgroup v2, in an emulated
 * machine that boots a distribution's kernel. Ends with one line
 * `N passed, N failed`, or says why it was skipped; `--report FILE` writes that
 * as JSON too.
 */

const CACHE = resolve('.cache/v2');
const SCENARIOS = 3;
const BOOTS_MAX = 2;

type Tally = { passed: number; failed: number; skipped: string[] };

function buildGuest(): Buffer {
  const built = buildSync({
    entryPoints: [resolve('server/testing/v2/guest.ts')],
    bundle: true,
    platform: 'node',
    target: 'node20',
    write: false,
    logLevel: 'error'
  });
  return Buffer.from(built.outputFiles[0]!.contents);
}

/** Boot, and count what the tests inside print in the Test Anything Protocol. */
async function runMachine(image: Image): Promise<Tally & { readonly reports: number }> {
  const tally = { passed: 0, failed: 0, skipped: [], reports: 0 };
  await bootMachine(image, line => {
    const count = /^# (pass|fail|cancelled) (\d+)$/.exec(line);
    if (count) {
      tally[count[1] === 'pass' ? 'passed' : 'failed'] += Number(count[2]);
      tally.reports += count[1] === 'pass' ? 1 : 0;
    }
    if (!/^\s*(# (?!Subtest)|---|\.\.\.|duration_ms|type:|1\.\.)/.test(line)) {
      console.log(line);
    }
  });
  return tally;
}

/** A machine that does not come to its end is booted once more; a test that fails, fails. */
async function runScenarios(image: Image): Promise<Tally> {
  for (let boot = 1; ; boot += 1) {
    const { reports, ...tally } = await runMachine(image);
    const missing = SCENARIOS - reports;
    if (missing === 0 || tally.failed > 0 || boot === BOOTS_MAX) {
      return { ...tally, failed: tally.failed + missing };
    }
    const told = `Only ${reports} of ${SCENARIOS} scenarios came to their end`;
    console.log(`${told}; the machine is booted once more.`);
  }
}

async function main(): Promise<number> {
  const tally = await makeAndRun();
  const at = process.argv.indexOf('--report');
  if (at > 0) {
    writeFileSync(process.argv[at + 1]!, JSON.stringify(tally));
  }
  tally.skipped.forEach(why => console.log(`skipped: ${why}`));
  const tail = tally.skipped.length ? `, ${tally.skipped.length} skipped` : '';
  console.log(`${tally.passed} passed, ${tally.failed} failed${tail}`);
  return tally.failed === 0 ? 0 : 1;
}

async function makeAndRun(): Promise<Tally> {
  try {
    return await runScenarios(makeImage(buildGuest(), CACHE));
  } catch (error) {
    if (error instanceof ImageUnavailable) {
      return { passed: 0, failed: 0, skipped: [`real cgroup v2: ${error.message}`] };
    }
    throw error;
  }
}

main().then(
  code => process.exit(code),
  error => {
    console.error(error);
    process.exit(1);
  }
);
