import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import process from 'node:process';

import { explainUnreachable } from '../prepare/network.mjs';
import { CACHE } from '../prepare/places.mjs';
import { mustRun } from '../prepare/run.mjs';
import { Failure, step } from '../prepare/say.mjs';

const PROGRAMS = [
  'chromium-headless-shell',
  'chromium',
  'chromium-browser',
  'google-chrome',
  'google-chrome-stable'
];
const PACKAGE = 'chromium-headless-shell';

function onPath(name) {
  return (process.env.PATH ?? '')
    .split(delimiter)
    .map(folder => join(folder, name))
    .find(path => {
      try {
        accessSync(path, constants.X_OK);
        return true;
      } catch {
        return false; // not there, or not for us: the next one may be
      }
    });
}

const find = () => process.env.CELLGRANT_CHROMIUM || PROGRAMS.map(onPath).find(Boolean);

/**
 * A Chromium of this machine, installed from the distribution's packages where that is allowed.
 *
 * #### Notes
 * Resolves to `{ path }`, or to `{ missing }` with the sentence that says what to
 * install. In continuous integration a missing browser is a failure.
 */
export async function ensureChromium() {
  const path = find() ?? (await install());
  if (path) {
    return { path };
  }
  const missing = `the browser tests need Chromium: install it (on Debian and Ubuntu: apt-get install ${PACKAGE}, or chromium), or set CELLGRANT_CHROMIUM to its path`;
  if (process.env.CI) {
    throw new Failure(missing);
  }
  return { missing };
}

async function install() {
  if (process.getuid?.() !== 0 || !onPath('apt-get')) {
    return undefined;
  }
  const apt = (...args) =>
    // The emulated machines' maker runs apt, too, with the same lock (server/testing/v2/image.ts).
    mustRun('flock', [join(CACHE, 'apt.lock'), 'apt-get', '-y', '-q', ...args], {
      what: `Installing Chromium (apt-get ${args.join(' ')})`,
      log: 'apt-get',
      env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
      explain: explainUnreachable('Chromium', 'in /etc/apt/sources.list')
    });
  await step('Installing Chromium from the distribution', async () => {
    await apt('update');
    await apt('install', '--no-install-recommends', PACKAGE);
  });
  return find();
}
