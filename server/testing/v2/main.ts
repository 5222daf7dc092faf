import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { buildSync } from 'esbuild';
import { ImageUnavailable, makeImage, type Image } from './image';
import { bootMachine } from './machine';
import { PLAIN, SYSTEMD } from './scenarios';
import { makeSystemdImage } from './systemdImage';

/*
 * npm run test:v2: enforcement on real cgroup v2, in emulated machines that
 * boot a distribution's kernel: one without a service manager, and one with
 * systemd. Ends with one line `N passed, N failed`, or says what was skipped;
 * `--machine NAME` boots one of them, `--report FILE` writes the figures as
 * JSON too.
 */

const CACHE = resolve('.cache/v2');
const BOOTS_MAX = 2;

type Tally = { passed: number; failed: number; skipped: string[] };

type Machine = {
  readonly name: string;
  readonly make: () => Image;
  /** Each scenario ends with a report of its tests; systemd's, with a second one of what is left. */
  readonly reports: number;
};

const MACHINES: readonly Machine[] = [
  {
    name: 'plain',
    make: () => makeImage(bundle('guest'), CACHE),
    reports: PLAIN.length
  },
  {
    name: 'systemd',
    make: () =>
      makeSystemdImage(
        {
          'guest.cjs': bundle('guest'),
          'program.cjs': bundle('program'),
          'conductor.cjs': bundle('conductor'),
          'main.cjs': bundleSidecar(),
          'README.md': readFileSync(resolve('README.md'))
        },
        CACHE
      ),
    reports: 2 * SYSTEMD.length
  }
];

function bundle(name: string): Buffer {
  const built = buildSync({
    entryPoints: [resolve(`server/testing/v2/${name}.ts`)],
    bundle: true,
    platform: 'node',
    target: 'node20',
    write: false,
    logLevel: 'error'
  });
  return Buffer.from(built.outputFiles[0]!.contents);
}

/** The product's own program, of the present source. */
function bundleSidecar(): Buffer {
  const path = resolve('build/v2/main.cjs');
  execFileSync(process.execPath, ['scripts/bundle.mjs', path], { stdio: 'inherit' });
  return readFileSync(path);
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
async function runScenarios({ make, reports: expected }: Machine): Promise<Tally> {
  const image = make();
  for (let boot = 1; ; boot += 1) {
    const { reports, ...tally } = await runMachine(image);
    const missing = expected - reports;
    if (missing === 0 || tally.failed > 0 || boot === BOOTS_MAX) {
      return { ...tally, failed: tally.failed + missing };
    }
    const told = `Only ${reports} of ${expected} reports came`;
    console.log(`${told}; the machine is booted once more.`);
  }
}

async function tryMachine(machine: Machine): Promise<Tally> {
  console.log(`== machine ${machine.name}`);
  try {
    return await runScenarios(machine);
  } catch (error) {
    if (error instanceof ImageUnavailable) {
      const skipped = [`real cgroup v2, ${machine.name}: ${error.message}`];
      return { passed: 0, failed: 0, skipped };
    }
    throw error;
  }
}

/** The value of an option, if it is given. */
function option(name: string): string | undefined {
  const at = process.argv.indexOf(`--${name}`);
  return at > 0 ? process.argv[at + 1] : undefined;
}

async function main(): Promise<number> {
  const wanted = option('machine');
  const tally: Tally = { passed: 0, failed: 0, skipped: [] };
  for (const machine of MACHINES.filter(it => (wanted ?? it.name) === it.name)) {
    const { passed, failed, skipped } = await tryMachine(machine);
    tally.passed += passed;
    tally.failed += failed;
    tally.skipped.push(...skipped);
  }
  const report = option('report');
  report && writeFileSync(report, JSON.stringify(tally));
  tally.skipped.forEach(why => console.log(`skipped: ${why}`));
  const tail = tally.skipped.length ? `, ${tally.skipped.length} skipped` : '';
  console.log(`${tally.passed} passed, ${tally.failed} failed${tail}`);
  return tally.failed === 0 ? 0 : 1;
}

main().then(
  code => process.exit(code),
  error => {
    console.error(error);
    process.exit(1);
  }
);
