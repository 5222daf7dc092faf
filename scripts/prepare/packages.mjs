import { lstatSync } from 'node:fs';
import process from 'node:process';

import { explainUnreachable } from './network.mjs';
import { inRoot } from './places.mjs';
import { mustRun, run } from './run.mjs';
import { say, step } from './say.mjs';
import { unlessDone } from './stamps.mjs';

const EXPLAIN = explainUnreachable('The JavaScript packages', 'npm config set registry URL');

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
    () => step('Installing the JavaScript packages', install)
  );
}

async function install() {
  const explain = await explainIfUnreachable();
  if (explain) {
    say('The network does not answer; trying with what this machine has kept.');
  }
  await mustRun(
    'npm',
    ['ci', '--no-audit', '--no-fund', explain ? '--offline' : '--prefer-offline'],
    {
      what: 'Installing the JavaScript packages (npm ci)',
      log: 'npm-ci',
      // Browsers are not npm's to download: the tests use the distribution's.
      env: { ...process.env, PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD: '1' },
      explain: explain ?? EXPLAIN
    }
  );
}

/**
 * Whether the registry answers; if not, what explains it.
 *
 * #### Notes
 * Asked first because npm tries each of a thousand packages for minutes before it
 * gives up. A registry that answers anything at all, if only an error, is there.
 */
async function explainIfUnreachable() {
  const { output } = await run('npm', ['ping', '--fetch-retries=1', '--fetch-timeout=10000'], {
    log: 'npm-ping'
  });
  const why = EXPLAIN(output);
  return why ? () => why : null;
}
