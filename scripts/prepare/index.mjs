import { ensureInstalled, ensureLabextension, ensureSidecar, isFirstTime } from './build.mjs';
import { ensurePackages } from './packages.mjs';
import { ensureHome } from './places.mjs';
import { ensureVenv, findPython } from './python.mjs';
import { say } from './say.mjs';

/** Install and build whatever is missing; a person is told what is done and why it failed. */
export async function prepare() {
  ensureHome();
  if (isFirstTime()) {
    // Fail before the long part, not after it.
    findPython();
    say('First start on this machine: installing and building takes two or three minutes.');
  }
  await all([ensureBuilt(), ensureVenv()]);
  await ensureInstalled();
}

async function ensureBuilt() {
  await ensurePackages();
  await all([ensureLabextension(), ensureSidecar()]);
}

/** Everything is over before a failure of any is told: nothing goes on behind it. */
async function all(works) {
  await Promise.allSettled(works);
  await Promise.all(works);
}
