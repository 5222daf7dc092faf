import { lstatSync } from 'node:fs';
import process from 'node:process';

import { explainUnreachable } from './network.mjs';
import { inRoot } from './places.mjs';
import { mustRun } from './run.mjs';
import { step } from './say.mjs';
import { unlessDone } from './stamps.mjs';

const isLink = path => lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink() ?? false;

/**
 * Install the locked JavaScript packages, unless they are there.
 *
 * #### Notes
 * A `node_modules` that is a link belongs to someone else and is used as it is.
 */
export async function ensurePackages() {
  if (isLink(inRoot('node_modules'))) {
    return;
  }
  await unlessDone(
    'packages',
    {
      inputs: ['package-lock.json'],
      // Some packages hold what was chosen for one Node.
      text: process.version,
      outputs: ['node_modules/.package-lock.json'],
      // Inside, so that deleting the folder deletes it too.
      stamp: inRoot('node_modules', '.cellgrant-stamp')
    },
    () => step('Installing the JavaScript packages (about a minute the first time)', install)
  );
}

function install() {
  return mustRun(
    'npm',
    ['ci', '--no-audit', '--no-fund', '--prefer-offline', '--fetch-retry-mintimeout=1000'],
    {
      what: 'Installing the JavaScript packages (npm ci)',
      log: 'npm-ci',
      // Browsers are not npm's to download: the tests use the distribution's.
      env: { ...process.env, PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD: '1' },
      explain: explainUnreachable('The JavaScript packages', 'npm config set registry URL')
    }
  );
}
