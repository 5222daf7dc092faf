import type { KnipConfiguration } from 'knip';

/**
 * What counts as used (tidy/unused.spec.ts asks twice):
 *
 * - plainly: each file, package and export has somebody who imports it, be it a test;
 * - with `--production`: so it is in the product without its tests, where an export is also used
 *   if its own file uses it. That is one which is exported for its test.
 *
 * What others than TypeScript read is marked `@public`, and says who reads it.
 */
export default function config({ production }: { production?: boolean }): KnipConfiguration {
  return {
    entry: [
      'server/main.ts!',
      'server/{store/worker,exchange/main}.ts!',
      'bench/{main,enforceGuest,floodProcess}.ts!',
      'server/testing/{busyProcess,forkingProcess}.ts',
      'server/testing/v2/{main,conductor,guest,program}.ts!',
      'scripts/*.mjs!',
      'scripts/check/main.mjs!',
      'ui-tests/playwright.config.ts',
      '**/*.spec.{ts,tsx}'
    ],
    project: [
      '{server,src,bench,tidy,ui-tests}/**/*.{ts,tsx}!',
      'scripts/**/*.mjs!',
      '!{tidy,ui-tests,{server,src}/testing}/**!',
      '!**/*.spec.{ts,tsx}!'
    ],
    // Programs of the system are no packages of ours; this one is a part of @jupyterlab/testing.
    exclude: ['binaries'],
    ignoreUnresolved: ['identity-obj-proxy'],
    // JupyterHub's proxy, which a test of Python starts.
    ignoreDependencies: ['configurable-http-proxy'],
    ignoreExportsUsedInFile: production === true
  };
}
