import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';

import { expect, HOLD, test } from '../journey';

// A server of its own, because this journey kills it.
const port = String(Number(process.env['CELLGRANT_UI_PORT']) + 2);
const url = `http://127.0.0.1:${port}`;
// Galata's routes pass requests on by themselves, and do not bear that nobody answers.
test.use({ baseURL: url, terminals: async ({}, use) => use(null) });

let server: ChildProcess;

test.beforeAll(start);
test.afterAll(stop);

test('[UI5] a page whose server is gone says so, and goes on when it is back', async ({
  journey,
  page
}) => {
  journey.write('work.ipynb', [{ code: HOLD, hints: { memory: '300 MiB' } }]);
  await journey.open('work.ipynb');
  await journey.start('cellgrant:open-panel');
  await journey.run(0);
  await expect(journey.badge(0)).toContainText('running');
  await stop();
  await expect(journey.badge(0)).toContainText('the server does not answer');
  await expect(journey.badge(0).locator('.cg-Clock')).toHaveCount(0);
  await expect(journey.panel).toContainText('The Jupyter server does not answer');
  await expect(journey.panel).not.toContainText('plain Jupyter');
  await expect(journey.field('GPUs'), 'the node has none').toHaveCount(0);
  await expect(page.locator('body')).not.toContainText('Failed to fetch');
  await journey.picture('server-gone');
  await start();
  await expect(journey.panel.locator('.cg-Away')).toHaveCount(0, { timeout: 60_000 });
  await expect(page.locator('.cg-Status')).toContainText('CPU');
});

async function start(): Promise<void> {
  server = spawn(
    process.env['CELLGRANT_UI_PYTHON']!,
    ['-m', 'jupyterlab', '--config', 'jupyter_server_test_config.py'],
    {
      cwd: path.dirname(__dirname),
      env: { ...process.env, CELLGRANT_UI_PORT: port, CELLGRANT_UI_NAME: 'gone' },
      stdio: 'ignore'
    }
  );
  await expect.poll(isUp, { timeout: 60_000 }).toBe(true);
}

async function isUp(): Promise<boolean> {
  try {
    return (await fetch(`${url}/cellgrant/api/v1/snapshot`)).ok;
  } catch {
    return false; // nobody listens yet
  }
}

async function stop(): Promise<void> {
  if (server.exitCode === null && server.signalCode === null) {
    const exit = once(server, 'exit');
    server.kill('SIGKILL');
    await exit;
  }
}
