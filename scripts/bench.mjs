import { spawnSync } from 'node:child_process';
import process from 'node:process';

import { build } from 'esbuild';

import { ROOT, inRoot } from './prepare/places.mjs';

// The arguments are bench/main.ts's own: npm run bench -- NAME --json FILE.
const outfile = inRoot('.cache', 'bench', 'main.cjs');
await build({
  entryPoints: [inRoot('bench', 'main.ts')],
  outfile,
  bundle: true,
  platform: 'node',
  target: 'node20',
  format: 'cjs',
  sourcemap: 'inline',
  logLevel: 'warning'
});
const { status } = spawnSync(
  process.execPath,
  ['--enable-source-maps', outfile, ...process.argv.slice(2)],
  { cwd: ROOT, stdio: 'inherit' }
);
process.exitCode = status ?? 1;
