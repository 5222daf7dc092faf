import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';

import { expect, test } from '../journey';

// A server of its own, because it culls.
const port = String(Number(process.env['CELLGRANT_UI_PORT']) + 3);
const url = `http://127.0.0.1:${port}`;
test.use({ baseURL: url });

const SPANS = 'cull: {idle: 5 s, notice: 15 s, busy: 50%, keep: 1 h}\n';

let server: ChildProcess;

test.beforeAll(async () => {
  const folder = path.join(process.env['CELLGRANT_UI_SCRATCH']!, 'culled');
  mkdirSync(folder, { recursive: true });
  const config = path.join(folder, 'cellgrant.yaml');
  writeFileSync(config, SPANS);
  const words = ['--config', 'jupyter_server_test_config.py', `--Cellgrant.config_file=${config}`];
  server = spawn(process.env['CELLGRANT_UI_PYTHON']!, ['-m', 'jupyterlab', ...words], {
    cwd: path.dirname(__dirname),
    env: { ...process.env, CELLGRANT_UI_PORT: port, CELLGRANT_UI_NAME: 'culled' },
    stdio: 'ignore'
  });
  await expect.poll(isUp, { timeout: 60_000 }).toBe(true);
});

test.afterAll(async () => {
  const exit = once(server, 'exit');
  server.kill('SIGTERM');
  await exit;
});

async function isUp(): Promise<boolean> {
  try {
    return (await fetch(`${url}/cellgrant/api/v1/snapshot`)).ok;
  } catch {
    return false; // nobody listens yet
  }
}

test('[CULL4] [CULL7] an idle kernel counts down, is kept by a key, and is told of when it is gone', async ({
  journey,
  page
}) => {
  journey.write('work.ipynb', [{ code: 'x = bytearray(64 << 20); print("done")' }]);
  await journey.open('work.ipynb');
  await journey.start('cellgrant:open-panel');
  await journey.run(0);
  await expect(journey.output(0)).toContainText('done');
  const banner = journey.notebook.locator('.cg-CullBanner');
  await expect(banner).toContainText('Idle: will be shut down at');
  await expect(banner).toContainText('the notebook file stays as it is');
  await expect(journey.panel.locator('.cg-Cull')).toContainText('will be shut down at');
  await journey.picture('cull-countdown');
  await banner.getByRole('button', { name: 'Keep the kernel of work.ipynb' }).focus();
  await page.keyboard.press('Enter');
  await expect(banner).toHaveCount(0);
  await expect(journey.panel).toContainText('idle, kept until');

  journey.write('other.ipynb', [{ code: 'print("again")' }]);
  await journey.open('other.ipynb');
  await expect(banner).toContainText('was shut down at');
  await expect(banner).toContainText('because nothing had used it for');
  await expect(page.locator('.jp-Dialog'), 'it did not die').toHaveCount(0);
  await journey.picture('culled');
  await banner.getByRole('button', { name: 'Start a new kernel' }).click();
  await journey.kernelAnswers();
  await journey.run(0);
  await expect(journey.output(0)).toContainText('again');
  await expect(banner).toHaveCount(0);
});
