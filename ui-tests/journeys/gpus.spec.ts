import { spawn } from 'node:child_process';

import { expect, HOLD, holdGpu, type Journey, STANDIN_CELL, test } from '../journey';

/** Most of the stand-in's 140 GiB stay in use in an idle kernel; a cell of another needs more than is left. */
async function waitForKeeper(journey: Journey): Promise<void> {
  const keep = `${STANDIN_CELL}\ncuda.open(); cuda.allocate(100 * 1024)\nkept = "state"`;
  journey.write('explore.ipynb', [{ code: keep, hints: { gpus: 1 } }]);
  journey.write('train.ipynb', [
    { code: 'print("trained")', hints: { gpus: 1, gpuMemory: '60 GiB' } }
  ]);
  await journey.open('explore.ipynb');
  await journey.run(0);
  await expect(journey.badge(0)).toHaveAttribute('data-state', 'done');
  await journey.start('cellgrant:open-panel');
  await expect(journey.panel.locator('.cg-Holders')).toContainText('keeps 100 GiB, no grant now');
  await journey.open('train.ipynb');
  await journey.run(0);
  await expect(journey.badge(0)).toContainText('waiting for a GPU');
}

test('[GPU5] an idle kernel in the way is asked, then restarted with consent, by keyboard', async ({
  journey,
  page
}) => {
  await waitForKeeper(journey);
  const item = journey.panel.locator('.cg-QueueItem');
  await expect(item).toContainText('100 GiB of GPU 0 held by explore.ipynb');
  await expect(item.locator('.cg-Blocker')).toContainText('keeps 100 GiB of GPU 0, idle for');
  // It was asked by itself; what is in use it cannot give back.
  const restart = item.getByRole('button', { name: 'Restart that kernel…' });
  await expect(item.locator('.cg-Keeper')).toContainText('was asked, still keeps 100 GiB');
  const inBadge = journey.badge(0).getByRole('button', { name: 'Restart that kernel…' });
  await expect(inBadge).toBeInViewport({ ratio: 1 });
  await expect(journey.badge(0).locator('.cg-Keeper')).toContainText('explore.ipynb was asked');
  await journey.useTheme('JupyterLab Light');
  await journey.picture('gpu-light');
  await journey.useTheme('JupyterLab Dark');
  await journey.picture('gpu-dark');
  await journey.useTheme('JupyterLab Light');

  await restart.focus();
  await page.keyboard.press('Enter');
  const dialog = page.locator('.jp-Dialog');
  await expect(dialog).toContainText('Restart the kernel of explore.ipynb?');
  await expect(dialog).toContainText('Waiting for it: train.ipynb');
  await expect(dialog.getByRole('button', { name: 'Keep it' })).toBeFocused();
  await page.keyboard.press('Enter');
  await expect(dialog).toHaveCount(0);
  await expect(journey.badge(0)).toContainText('waiting for a GPU');

  await restart.focus();
  await page.keyboard.press('Enter');
  await expect(dialog).toContainText('Its variables will be lost');
  await page.keyboard.press('Tab');
  await expect(dialog.getByRole('button', { name: 'Restart' })).toBeFocused();
  await page.keyboard.press('Enter');
  await expect(journey.output(0)).toContainText('trained');
  await expect(journey.badge(0)).toHaveAttribute('data-state', 'done');
  await expect(journey.panel.locator('.cg-Holders')).toHaveCount(0);
});

test('[GPU5] a request from elsewhere is shown to the owner, who may keep the kernel', async ({
  journey,
  page
}) => {
  await waitForKeeper(journey);
  const { holders, claims } = await journey.snapshot();
  const keeper = holders.find(it => it.name === 'explore.ipynb')!;
  const claim = claims.find(it => it.state === 'waiting')!;
  // As the lab of another server of this user asks; by the page, for the XSRF token.
  const answer = await page.evaluate(
    async ([kernelId, claimId]) => {
      const token = /_xsrf=([^;]+)/.exec(document.cookie)?.[1] ?? '';
      const response = await fetch(`/cellgrant/api/v1/holders/${kernelId}/restart-request`, {
        method: 'PUT',
        headers: { 'X-XSRFToken': token },
        body: JSON.stringify({ claim: claimId })
      });
      return response.status;
    },
    [keeper.id, claim.id] as const
  );
  expect(answer).toBe(204);
  const request = journey.panel.locator('.cg-Request');
  await expect(request).toContainText('asks you to restart it');
  const toast = page.locator('.Toastify__toast');
  await expect(toast).toContainText('May the kernel of explore.ipynb be restarted? train.ipynb');
  await toast.getByRole('button', { name: 'Keep it' }).click();
  await expect(request).toHaveCount(0);
  await expect(journey.badge(0)).toContainText('waiting for a GPU');
  await journey.panel.locator('.cg-QueueItem').getByRole('button', { name: 'Cancel' }).click();
  await expect(journey.badge(0)).toContainText('cancelled');
  await expect(page.locator('.Toastify__toast--error')).toHaveCount(0);
});

test('[GPU1] [GPU4] the only GPU is leased to one notebook, and a stranger on it is flagged', async ({
  journey
}) => {
  const use = `${STANDIN_CELL}\ncuda.open(); cuda.allocate(20 * 1024)\n${HOLD}`;
  journey.write('first.ipynb', [{ code: use, hints: { gpus: 1 } }]);
  journey.write('second.ipynb', [{ code: 'print("second")', hints: { gpus: 1 } }]);
  const stranger = spawn('sleep', ['600'], { stdio: 'ignore' });
  try {
    holdGpu(stranger.pid!, 30 * 1024);
    await journey.open('first.ipynb');
    await journey.start('cellgrant:open-panel');
    await journey.run(0);
    await expect(journey.badge(0)).toContainText('1 GPU');
    await journey.open('second.ipynb');
    await journey.run(0);
    await expect(journey.badge(0)).toContainText('GPU 0 held by first.ipynb');
    const holders = journey.panel.locator('.cg-Holders');
    await expect(holders).toContainText('computes, 20 GiB');
    await expect(holders.locator('[data-tone="error"]')).toContainText(
      new RegExp(`process ${stranger.pid} of \\w+ sleep · 30 GiB · no grant`)
    );
    await journey.picture('gpu-stranger-light');
    await journey.useTheme('JupyterLab Dark');
    await journey.picture('gpu-stranger-dark');
    await journey.useTheme('JupyterLab Light');
    journey.letGo();
    await expect(journey.output(0)).toContainText('second');
  } finally {
    stranger.kill();
  }
});
