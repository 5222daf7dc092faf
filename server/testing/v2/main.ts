import { spawn } from 'node:child_process';
import { resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { buildSync } from 'esbuild';
import { ImageUnavailable, bootCommand, makeImage } from './image';

/*
 * npm run test:v2: the enforcer's contract on real cgroup v2, in an emulated
 * machine that boots a distribution's kernel. Ends with one line
 * `N passed, N failed`, or says why it was skipped.
 */

const CACHE = resolve('.cache/v2');
/** Emulation is some 20 times slower than the machine, which others may use too. */
const BOOT_TIMEOUT_MS = 400_000;
const SCENARIOS = 3;

type Tally = { passed: number; failed: number; reports: number };

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
async function runMachine(guest: Buffer): Promise<Tally> {
  const tally: Tally = { passed: 0, failed: 0, reports: 0 };
  const [command, args] = bootCommand(makeImage(guest, CACHE));
  const machine = spawn(command, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  const timer = setTimeout(() => machine.kill('SIGKILL'), BOOT_TIMEOUT_MS);
  for await (const raw of createInterface({ input: machine.stdout })) {
    const line = raw.replace(/\r$/, '');
    const count = /^# (pass|fail|cancelled) (\d+)$/.exec(line);
    if (count) {
      tally[count[1] === 'pass' ? 'passed' : 'failed'] += Number(count[2]);
      tally.reports += count[1] === 'pass' ? 1 : 0;
    }
    if (!/^\s*(# (?!Subtest)|---|\.\.\.|duration_ms|type:|1\.\.)/.test(line)) {
      console.log(line);
    }
  }
  clearTimeout(timer);
  return tally;
}

async function main(): Promise<number> {
  try {
    const tally = await runMachine(buildGuest());
    if (tally.reports < SCENARIOS) {
      console.log(`Only ${tally.reports} of ${SCENARIOS} scenarios came to their end.`);
      tally.failed += SCENARIOS - tally.reports;
    }
    console.log(`${tally.passed} passed, ${tally.failed} failed`);
    return tally.failed === 0 ? 0 : 1;
  } catch (error) {
    if (error instanceof ImageUnavailable) {
      console.log(`skipped: real cgroup v2 (${error.message})`);
      console.log('0 passed, 0 failed, 1 skipped');
      return 0;
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
