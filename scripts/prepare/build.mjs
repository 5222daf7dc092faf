import { existsSync, mkdirSync, rmSync, symlinkSync } from 'node:fs';
import { relative } from 'node:path';
import process from 'node:process';

import { ROOT, inRoot } from './places.mjs';
import { pip } from './python.mjs';
import { mustRun } from './run.mjs';
import { step } from './say.mjs';
import { unlessDone } from './stamps.mjs';

const LABEXTENSION = 'jupyterlab_cellgrant/labextension';
const LINK = '.venv/share/jupyter/labextensions/jupyterlab-cellgrant';

const npmRun = (script, what) =>
  mustRun('npm', ['run', '--silent', script], { what, log: script.replace(':', '-') });

/** Build the lab extension, unless it is up to date. */
export function ensureLabextension() {
  return unlessDone(
    'labextension',
    {
      inputs: ['src', 'style', 'schema', 'server/protocol', 'package.json', 'tsconfig.json'],
      outputs: [`${LABEXTENSION}/package.json`]
    },
    () =>
      step('Building the lab extension', () => npmRun('build:lab', 'Building the lab extension'))
  );
}

/** Bundle the sidecar, unless it is up to date. */
export function ensureSidecar() {
  return unlessDone(
    'sidecar',
    {
      inputs: ['server', 'scripts/bundle.mjs', 'package-lock.json'],
      outputs: ['main', 'history', 'exchange'].map(it => `jupyterlab_cellgrant/sidecar/${it}.cjs`)
    },
    () => step('Bundling the sidecar', () => npmRun('build:sidecar', 'Bundling the sidecar'))
  );
}

/**
 * Install the Python package into the environment so that edits count at once.
 *
 * #### Notes
 * Needs the built parts. pip copies the lab extension; a link replaces the copy
 * so that a rebuild shows without pip. pip deletes through such a link when it
 * installs again, so the link goes first.
 */
export async function ensureInstalled() {
  await unlessDone(
    'installed',
    {
      inputs: ['pyproject.toml', 'install.json', 'jupyter-config'],
      outputs: [LINK],
      stamp: inRoot('.venv', '.cellgrant-installed')
    },
    () => step('Installing Cellgrant into the Python environment', installEditable)
  );
}

async function installEditable() {
  rmSync(inRoot(LINK), { recursive: true, force: true });
  process.env.SKIP_JUPYTER_BUILDER = '1';
  await pip(['install', '--quiet', '--no-deps', '--no-build-isolation', '--editable', ROOT], {
    what: 'Installing Cellgrant (pip install --editable)',
    log: 'pip-editable'
  });
  rmSync(inRoot(LINK), { recursive: true, force: true });
  mkdirSync(inRoot(LINK, '..'), { recursive: true });
  symlinkSync(relative(inRoot(LINK, '..'), inRoot(LABEXTENSION)), inRoot(LINK));
}

/** Whether nothing was ever built here. */
export const isFirstTime = () => !existsSync(inRoot('.venv', '.cellgrant-installed'));
