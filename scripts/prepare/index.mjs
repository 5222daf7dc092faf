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
  await ensurePackages();
  await ensureVenv();
  await ensureLabextension();
  await ensureSidecar();
  await ensureInstalled();
}
