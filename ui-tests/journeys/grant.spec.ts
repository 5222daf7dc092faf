import { expect, HOLD, MOST, test } from '../journey';

test('[UI1] [UI2] a cell that is given hints in the sidebar waits, runs, and is done', async ({
  journey,
  page
}) => {
  journey.write('holder.ipynb', [{ code: HOLD, hints: { memory: MOST } }]);
  journey.write('work.ipynb', [
    { code: 'import time\ntime.sleep(2)\nprint("worked")' },
    { code: 'print("after")' }
  ]);
  await journey.open('holder.ipynb');
  await expect(journey.badge(0)).toContainText('free now');
  await journey.run(0);
  await expect(journey.badge(0)).toContainText('running');

  await journey.open('work.ipynb');
  await expect(journey.badge(0)).toHaveCount(0);
  await journey.select(0);
  await page.sidebar.openTab('jp-property-inspector');
  const tool = page.locator('.cg-HintsTool');
  await tool.getByLabel('Memory', { exact: true }).first().fill(MOST);
  await expect(journey.badge(0)).toContainText('would wait now for');

  await journey.start('cellgrant:open-panel');
  await journey.start('notebook:run-all-cells');
  await expect(journey.badge(0)).toHaveAttribute('data-state', 'waiting');
  await expect(journey.badge(0)).toContainText('waiting for memory');
  await expect(journey.badge(1)).toHaveAttribute('data-state', 'behind');
  const item = journey.panel.locator('.cg-QueueItem');
  await expect(item).toHaveCount(1);
  await expect(item).toContainText('work.ipynb');
  await expect(item.getByRole('button', { name: /^holder\.ipynb/ })).toBeVisible();
  await expect(page.locator('.cg-Status')).toContainText('1 waiting');
  await journey.useTheme('JupyterLab Light');
  await journey.picture('panel-light');
  await journey.useTheme('JupyterLab Dark');
  await journey.picture('panel-dark');
  await journey.useTheme('JupyterLab Light');

  journey.letGo();
  await expect(journey.badge(0)).toHaveAttribute('data-state', 'running');
  await expect(journey.badge(0)).toHaveAttribute('data-state', 'done');
  await expect(journey.badge(0)).toContainText('waited');
  await expect(journey.output(0)).toContainText('worked');
  await expect(journey.output(1)).toContainText('after');
  await expect(journey.badge(1)).toHaveCount(0);
  await expect(journey.panel.locator('.cg-QueueItem')).toHaveCount(0);
});

test('[UI1] a page that was closed in mid-queue shows the wait again', async ({
  journey,
  page
}) => {
  journey.write('holder.ipynb', [{ code: HOLD, hints: { memory: MOST } }]);
  journey.write('work.ipynb', [{ code: 'open("ran", "w").close()', hints: { memory: MOST } }]);
  await journey.open('holder.ipynb');
  await journey.run(0);
  await expect(journey.badge(0)).toContainText('running');
  await journey.open('work.ipynb');
  await journey.run(0);
  await expect(journey.badge(0)).toContainText('waiting for memory');

  // Galata's goto knows the pages of JupyterLab only.
  await page.evaluate(() => void (window.location.href = 'about:blank'));
  await page.waitForURL('about:blank');
  await expect.poll(async () => (await journey.claim(0))?.state).toBe('waiting');
  await page.goto('?reset');
  await journey.show('work.ipynb');
  await expect(journey.badge(0)).toContainText('waiting for memory');
  journey.letGo();
  await expect(journey.badge(0)).toHaveAttribute('data-state', 'done');
  await expect(journey.badge(0)).toContainText('waited');
});
