import { mkdirSync, rmSync } from 'node:fs';
import process from 'node:process';

import { prepare } from '../prepare/index.mjs';
import { runTask, say } from '../prepare/say.mjs';
import { changedSince, planFor } from './changed.mjs';
import { runLanes } from './lanes.mjs';
import { parse } from './options.mjs';
import { REPORTS } from './programs.mjs';
import { jest, lint, pytest, tidy, types, ui, v2 } from './steps.mjs';
import { NOTHING, slowest, sum } from './tally.mjs';

const STEPS = { types, lint, tidy, jest, ui, pytest, v2 };

/**
 * What runs beside each other. An emulated machine and the journeys use one CPU each, whatever
 * there is, so they come first, and what uses all that it finds comes last.
 */
const LANES = [['v2', 'jest'], ['ui'], ['types', 'lint', 'tidy', 'pytest']];

const EVERYTHING = {
  only: Object.fromEntries(Object.keys(STEPS).map(name => [name, undefined])),
  leftOut: []
};

/** Install what is missing, run the steps, and close with one line of counts. */
export function main() {
  return runTask(async () => {
    const options = parse(process.argv.slice(2), Object.keys(STEPS));
    if (options.help) {
      console.log(options.help);
      return;
    }
    await prepare();
    rmSync(REPORTS, { recursive: true, force: true });
    mkdirSync(REPORTS, { recursive: true });
    const plan = options.changed ? planOfChanges(options.since) : EVERYTHING;
    const tallies = await runLanes(lanesOf(plan.only, options.only));
    close(tallies.reduce(sum, NOTHING), plan.leftOut);
  });
}

function planOfChanges(since) {
  const paths = changedSince(since);
  say(`Changed: ${paths.length} files.`);
  return planFor(paths);
}

function lanesOf(only, names) {
  const isChosen = name => name in only && names.includes(name);
  const lanes = LANES.map(lane => lane.filter(isChosen)).filter(lane => lane.length);
  return lanes.map(lane =>
    lane.map(name => ({ name, run: show => STEPS[name](show, only[name]) }))
  );
}

function close({ passed, failed, skipped, files }, leftOut) {
  console.log('\nslowest files:');
  for (const { name, seconds } of slowest(files)) {
    console.log(`${seconds.toFixed(0).padStart(5)} s  ${name}`);
  }
  console.log('');
  leftOut.forEach(what => console.log(`left out of ${what}`));
  skipped.forEach(why => console.log(`skipped ${why}`));
  const tail = skipped.length ? `, ${skipped.length} skipped` : '';
  console.log(`${passed} passed, ${failed} failed${tail}`);
  process.exitCode = failed > 0 || passed === 0 ? 1 : 0;
}
