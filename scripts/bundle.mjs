// Bundles the sidecar into one file that needs nothing but Node.
import { readFileSync } from 'node:fs';

import { build } from 'esbuild';

const { version } = JSON.parse(readFileSync('package.json', 'utf8'));

await build({
  entryPoints: ['server/main.ts'],
  outfile: process.argv[2] ?? 'jupyterlab_cellgrant/sidecar/main.cjs',
  bundle: true,
  platform: 'node',
  target: 'node20',
  format: 'cjs',
  sourcemap: false,
  legalComments: 'eof',
  logLevel: 'warning',
  define: { CELLGRANT_VERSION: JSON.stringify(version) }
});
