// Bundles the sidecar, its thread of history and what exchanges files with it, into files that need nothing but Node.
import { readFileSync } from 'node:fs';
import { dirname } from 'node:path';

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
  entryPoints: {
    main: 'server/main.ts',
    history: 'server/store/worker.ts',
    exchange: 'server/exchange/main.ts'
  },
  outdir: dirname(process.argv[2] ?? 'jupyterlab_cellgrant/sidecar/main.cjs'),
  outExtension: { '.js': '.cjs' },
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
