// npm run test:v2: the contract of enforcement on real cgroup v2, in an emulated machine.
import { spawnSync } from 'node:child_process';
import { buildSync } from 'esbuild';

const outfile = 'build/testV2.cjs';
buildSync({
  entryPoints: ['server/testing/v2/main.ts'],
  bundle: true,
  packages: 'external',
  platform: 'node',
  target: 'node20',
  outfile,
  logLevel: 'error'
});
process.exitCode =
  spawnSync(process.execPath, [outfile, ...process.argv.slice(2)], { stdio: 'inherit' }).status ??
  1;
