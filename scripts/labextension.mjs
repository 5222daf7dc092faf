import { spawnSync } from 'node:child_process';
import { createRequire } from 'node:module';
import process from 'node:process';

import { ROOT } from './prepare/places.mjs';

// Jupyter's builder has a Python front door too (jupyter-builder build); this one needs no Python.
const require = createRequire(import.meta.url);
const builder = require.resolve('@jupyter/builder/lib/build-labextension.js');
const core = require.resolve('@jupyterlab/core-meta/core.package.json');

const { status } = spawnSync(
  process.execPath,
  [builder, '--core-package-file', core, ...process.argv.slice(2), ROOT],
  { cwd: ROOT, stdio: 'inherit' }
);
process.exitCode = status ?? 1;
