// Bundles the measurements and runs one or all: npm run bench -- NAME [--json FILE]
import { spawnSync } from 'node:child_process';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

import { onProductNode } from './check/programs.mjs';
import { ensureLibraries } from './prepare/python.mjs';
import { runTask } from './prepare/say.mjs';

if (['pools', 'notebooks', 'all'].includes(process.argv[2])) {
  // Where they cannot be had it is told here, and `pools` alone fails.
  await runTask(ensureLibraries);
}
const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const outdir = join(root, 'build', 'bench');

await build({
  // The second one runs inside an emulated machine, the third in a process of its own.
  entryPoints: ['main', 'enforceGuest', 'floodProcess'].map(it => join(root, 'bench', `${it}.ts`)),
  outdir,
  outExtension: { '.js': '.cjs' },
  bundle: true,
  platform: 'node',
  target: 'node20',
  sourcemap: 'inline',
  logLevel: 'warning'
});
const { status } = spawnSync(
  'node',
  // Decisions are timed with the heap that the sidecar is started with (sidecar_process.py).
  [
    '--max-semi-space-size=8',
    '--enable-source-maps',
    join(outdir, 'main.cjs'),
    ...process.argv.slice(2)
  ],
  { stdio: 'inherit', cwd: root, env: { ...process.env, ...onProductNode() } }
);
process.exitCode = status ?? 1;
