import process from 'node:process';

const SIGN_OF_LIFE_MS = 15_000;

/** Something a person must do before this can go on; its message is the whole sentence. */
export class Failure extends Error {}

/** Tell what is being done. */
export function say(sentence) {
  console.log(`[cellgrant] ${sentence}`);
}

/** Do a step, telling before it what it is, now and then that it goes on, and how long it took. */
export async function step(sentence, work) {
  const startMs = performance.now();
  const seconds = () => (performance.now() - startMs) / 1000;
  say(`${sentence} ...`);
  const goesOn = setInterval(
    () => say(`${sentence}: ${seconds().toFixed(0)} s so far ...`),
    SIGN_OF_LIFE_MS
  );
  try {
    const result = await work();
    say(`${sentence}: done in ${seconds().toFixed(1)} s.`);
    return result;
  } finally {
    clearInterval(goesOn);
  }
}

/** Run a script's task; a {@link Failure} ends it with its sentence and exit code 1. */
export async function runTask(task) {
  try {
    await task();
  } catch (error) {
    if (!(error instanceof Failure)) {
      throw error;
    }
    console.error(`\n[cellgrant] ${error.message}`);
    process.exitCode = 1;
  }
}
