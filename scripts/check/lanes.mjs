import process from 'node:process';

import { Failure, say } from '../prepare/say.mjs';
import { crashed } from './tally.mjs';

const SIGN_OF_LIFE_MS = 60_000;

const secondsSince = startMs => ((performance.now() - startMs) / 1000).toFixed(0);

/**
 * Run lanes beside each other, the steps of a lane one after another; their tallies, as they end.
 *
 * #### Notes
 * A step is `{ name, run(show) }`. What a step prints comes at its end and in one piece, or as
 * it is printed where there is one lane alone; which steps run is told now and then meanwhile.
 */
export async function runLanes(lanes) {
  const running = new Map();
  const goesOn = setInterval(() => say(`still running: ${describe(running)}.`), SIGN_OF_LIFE_MS);
  const tallies = [];
  try {
    await Promise.all(
      lanes.map(async lane => {
        for (const step of lane) {
          running.set(step.name, performance.now());
          tallies.push(await runStep(step, lanes.length === 1));
          running.delete(step.name);
        }
      })
    );
  } finally {
    clearInterval(goesOn);
  }
  return tallies;
}

const describe = running =>
  [...running].map(([name, startMs]) => `${name} for ${secondsSince(startMs)} s`).join(', ');

async function runStep({ name, run }, isAlone) {
  const startMs = performance.now();
  const shown = [];
  say(`${name} ...`);
  const tally = await attempt(run, it => (isAlone ? process.stdout.write(it) : shown.push(it)));
  shown.forEach(it => process.stdout.write(it));
  const skipped = tally.skipped.length ? `, ${tally.skipped.length} skipped` : '';
  const came = `${tally.passed} passed, ${tally.failed} failed${skipped}`;
  say(`${name}: ${came} in ${secondsSince(startMs)} s.`);
  return { ...tally, skipped: tally.skipped.map(why => `${name}: ${why}`) };
}

async function attempt(run, show) {
  try {
    return await run(show);
  } catch (error) {
    show(`${error instanceof Failure ? error.message : error.stack}\n`);
    return crashed();
  }
}
