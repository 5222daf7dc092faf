// Bundles the sidecar into one file that needs nothing but Node.
import { readFileSync } from 'node:fs';

import { build } from 'esbuild';

const { version } = JSON.parse(readFileSync('package.json', 'utf8'));

/**
 * Requests are read as UTF-8 only, so the tables of other encodings, nearly half
 * of all, stay out: they would be parsed at every start.
 */
const utf8Only = {
  name: 'utf8-only',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^\.\/(sbcs|dbcs)-(codec|data|data-generated)$/ }, ({ path, importer }) =>
      importer.includes('iconv-lite') ? { path, namespace: 'absent' } : null
    );
    onLoad({ filter: /.*/, namespace: 'absent' }, () => ({ contents: 'module.exports = {};' }));
  }
};

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
  plugins: [utf8Only],
  define: { CELLGRANT_VERSION: JSON.stringify(version) }
});
