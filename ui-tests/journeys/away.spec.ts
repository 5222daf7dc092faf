import { kill } from 'node:process';

import { expect, HOLD, sidecarPid, test } from '../journey';

test('[GATE5] [ENF4] a killed sidecar stops no cell, and the panel shows the next one', async ({
  journey
}) => {
  journey.write('work.ipynb', [{ code: `${HOLD}\nprint("held")` }, { code: 'print("after")' }]);
  await journey.open('work.ipynb');
  await journey.start('cellgrant:open-panel');
  await journey.run(0);
  await expect(journey.badge(0)).toContainText('running');
  const before = sidecarPid();
  kill(before, 'SIGKILL');
  await journey.start('notebook:run-all-below');
  journey.letGo();
  await expect(journey.output(0)).toContainText('held');
  await journey.run(1);
  await expect(journey.output(1)).toContainText('after');
  await expect.poll(sidecarAlive(before)).toBe(true);
  await expect(journey.panel.locator('.cg-Kernel')).toContainText('work.ipynb');
});

test('[GATE5] a hung sidecar is told of, and cells run meanwhile', async ({ journey }) => {
  journey.write('work.ipynb', [{ code: 'print("ran")', hints: { memory: '300 MiB' } }]);
  await journey.open('work.ipynb');
  await journey.start('cellgrant:open-panel');
  await expect(journey.panel.locator('.cg-Kernel')).toContainText('work.ipynb');
  const pid = sidecarPid();
  kill(pid, 'SIGSTOP');
  try {
    await expect(journey.panel).toContainText('Cellgrant is not running', { timeout: 30_000 });
    await expect(journey.panel).toContainText('Cells run as in plain Jupyter');
    await journey.run(0);
    await expect(journey.output(0)).toContainText('ran', {
      timeout: 30_000
    });
    await journey.picture('panel-away');
  } finally {
    resume(pid);
  }
  await expect(journey.panel.locator('.cg-Kernel')).toContainText('work.ipynb', {
    timeout: 30_000
  });
});

/** Whether another sidecar than this one runs. */
function sidecarAlive(before: number): () => boolean {
  return () => {
    try {
      return sidecarPid() !== before;
    } catch {
      return false; // between the two
    }
  };
}

function resume(pid: number): void {
  try {
    kill(pid, 'SIGCONT');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') {
      throw error; // it may have been replaced, which is as good
    }
  }
}
