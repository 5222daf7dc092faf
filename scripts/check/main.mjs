import { mkdirSync, rmSync } from 'node:fs';
import process from 'node:process';
import { parseArgs } from 'node:util';

import { prepare } from '../prepare/index.mjs';
import { Failure, runTask, say } from '../prepare/say.mjs';
import { REPORTS } from './programs.mjs';
import { jest, lint, pytest, tidy, types, ui, v2 } from './steps.mjs';
import { NOTHING, crashed, sum } from './tally.mjs';

const STEPS = { types, lint, tidy, jest, v2, pytest, ui };

const HELP = `Check everything: ${Object.keys(STEPS).join(', ')}.

Usage: npm test [-- OPTIONS]

  --only NAMES   only these steps, as in --only jest,pytest
  --help         show this
`;

/** Install what is missing, run the steps, and close with one line of counts. */
export function main() {
  return runTask(async () => {
    const names = chosen(process.argv.slice(2));
    if (names === null) {
      console.log(HELP);
      return;
    }
    await prepare();
    rmSync(REPORTS, { recursive: true, force: true });
    mkdirSync(REPORTS, { recursive: true });
    let total = NOTHING;
    for (const name of names) {
      total = sum(total, await check(name));
    }
    close(total);
  });
}

function chosen(args) {
  let values;
  try {
    ({ values } = parseArgs({
      args,
      options: { only: { type: 'string' }, help: { type: 'boolean', short: 'h' } }
    }));
  } catch (error) {
    throw new Failure(`${error.message.split('\n')[0]}\n\n${HELP}`);
  }
  if (values.help) {
    return null;
  }
  const names = values.only?.split(',').map(name => name.trim()) ?? Object.keys(STEPS);
  const unknown = names.find(name => !(name in STEPS));
  if (unknown !== undefined) {
    throw new Failure(`There is no step "${unknown}"; there are ${Object.keys(STEPS).join(', ')}.`);
  }
  return names;
}

async function check(name) {
  const startMs = performance.now();
  say(`${name} ...`);
  let tally;
  try {
    tally = await STEPS[name]();
  } catch (error) {
    console.error(error instanceof Failure ? error.message : error);
    tally = crashed();
  }
  const seconds = ((performance.now() - startMs) / 1000).toFixed(0);
  const skipped = tally.skipped.length ? `, ${tally.skipped.length} skipped` : '';
  say(`${name}: ${tally.passed} passed, ${tally.failed} failed${skipped} in ${seconds} s.`);
  return { ...tally, skipped: tally.skipped.map(why => `${name}: ${why}`) };
}

function close({ passed, failed, skipped }) {
  console.log('');
  for (const why of skipped) {
    console.log(`skipped ${why}`);
  }
  const tail = skipped.length ? `, ${skipped.length} skipped` : '';
  console.log(`${passed} passed, ${failed} failed${tail}`);
  process.exitCode = failed > 0 || passed === 0 ? 1 : 0;
}
