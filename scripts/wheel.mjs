import { readdirSync, rmSync } from 'node:fs';

import { ensureLabextension, ensureSidecar } from './prepare/build.mjs';
import { ensurePackages } from './prepare/packages.mjs';
import { ensureHome, inRoot } from './prepare/places.mjs';
import { ensureVenv, pip } from './prepare/python.mjs';
import { runTask, say, step } from './prepare/say.mjs';

/** Build dist/*.whl with both built parts inside. */
await runTask(async () => {
  ensureHome();
  await ensurePackages();
  await ensureVenv();
  await ensureLabextension();
  await ensureSidecar();
  rmSync(inRoot('dist'), { recursive: true, force: true });
  await step('Building the wheel', () =>
    pip(['wheel', '--no-deps', '--no-build-isolation', '--wheel-dir', inRoot('dist'), inRoot()], {
      what: 'Building the wheel (pip wheel)',
      log: 'pip-wheel'
    })
  );
  say(`Wrote dist/${readdirSync(inRoot('dist')).join(', dist/')}.`);
});
