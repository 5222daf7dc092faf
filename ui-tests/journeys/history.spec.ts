import { readFileSync } from 'node:fs';

import type { Locator, Page } from '@playwright/test';

import { expect, HOLD, type Journey, MOST, test } from '../journey';

/** Run two notebooks whose cells cannot run at once, and a cell that fails. */
async function lived(journey: Journey): Promise<void> {
  journey.write('past-holder.ipynb', [{ code: HOLD, hints: { memory: MOST } }, { code: '1 / 0' }]);
  journey.write('past-waiter.ipynb', [{ code: 'print("mine")', hints: { memory: MOST } }]);
  await journey.open('past-holder.ipynb');
  await journey.run(0);
  await expect(journey.badge(0)).toHaveAttribute('data-state', 'running');
  await journey.open('past-waiter.ipynb');
  await journey.run(0);
  await expect(journey.badge(0)).toHaveAttribute('data-state', 'waiting');
}

/** Move the pointer along the first row, from now into the past, until there is something to tell. */
async function hovered(page: Page, chart: Locator): Promise<Locator> {
  const card = page.locator('.cg-Card');
  const { x, y, width } = (await chart.boundingBox())!;
  for (let at = x + width - 30; at > x + 200 && !(await card.isVisible()); at -= 3) {
    await page.mouse.move(at, y + 22);
  }
  return card;
}

test('[UI10, UI11] the past is shown as it goes on, and outlives the page', async ({
  journey,
  page
}) => {
  await lived(journey);
  await journey.start('cellgrant:open-panel');
  await journey.panel.getByRole('button', { name: 'History' }).click();
  const history = page.locator('.cg-History');
  const chart = history.locator('.cg-Chart');
  // Other journeys have a past here, too.
  const rows = history.locator('tbody tr').filter({ hasText: 'past-' });
  await expect(chart.locator('canvas')).toBeVisible();
  await expect(chart).toHaveAttribute('aria-label', /^Timeline: \d+ executions of \d+ kernels/);

  // It grows by itself.
  journey.letGo();
  await expect(history.getByText('last hour')).toBeAttached();
  await history.getByLabel('How far back').selectOption('last 15 minutes');
  await history.getByRole('button', { name: 'Table' }).click();
  await expect(rows).toHaveCount(2);
  await expect(rows.filter({ hasText: 'done' })).toHaveCount(2);
  await expect(rows.first()).toContainText(/past-waiter\.ipynb.*waited .* ran/);

  // By pointer: hover, click, and by keyboard: zoom.
  await history.getByRole('button', { name: 'Table' }).click();
  await chart.focus();
  for (const key of ['+', '+', 'End']) {
    await page.keyboard.press(key);
  }
  const card = await hovered(page, chart);
  await expect(card).toContainText('past-holder.ipynb ▸ [1]');
  await journey.picture('history-timeline-light');
  await page.mouse.down();
  await page.mouse.up();
  await expect(journey.notebook.locator('.jp-Cell.jp-mod-active')).toBeVisible();
  await page.getByRole('tab', { name: 'Resource History' }).click();
  await journey.useTheme('JupyterLab Dark');
  await journey.picture('history-timeline-dark');
  await journey.useTheme('JupyterLab Light');

  // What failed later is there after the page was loaded again.
  await journey.show('past-holder.ipynb');
  await journey.run(1);
  await expect(journey.output(1)).toContainText('ZeroDivisionError');
  // Galata's reload expects the launcher in front.
  await page.context().pages()[0]!.reload();
  // JupyterLab puts in front what was there, some time after it has put up the tabs.
  await expect(async () => {
    await page.getByRole('tab', { name: 'Resource History' }).click();
    await history.getByRole('button', { name: 'Table' }).click({ timeout: 2000 });
  }).toPass();
  await expect(rows).toHaveCount(3);
  await expect(rows.first()).toContainText('error');
});

test('[UI11] plots and report of the past are shown, and kept as files', async ({
  journey,
  page
}) => {
  journey.write('busy.ipynb', [
    { code: 'import time\nend = time.time() + 3\nwhile time.time() < end: pass' }
  ]);
  await journey.open('busy.ipynb');
  await journey.run(0);
  await journey.start('cellgrant:open-history');
  const history = page.locator('.cg-History');
  await history.getByLabel('How far back').selectOption('last 15 minutes');
  await history.getByRole('tab', { name: 'Plots' }).click();
  const chart = history.locator('.cg-Chart');
  await expect(chart).toHaveAttribute('aria-label', /^Plots: CPUs busy, Memory, Cells/);
  await journey.picture('history-plots-light');
  for (const [name, part] of [
    ['SVG', '<svg'],
    ['JSON', '"cpusBusy"'],
    ['PNG', 'PNG']
  ] as const) {
    const saved = page.waitForEvent('download');
    await history.getByRole('button', { name }).click();
    expect(readFileSync(await (await saved).path(), 'latin1')).toContain(part);
  }
  await history.getByRole('tab', { name: 'Report' }).click();
  await expect(history.locator('tbody')).toContainText('busy.ipynb');
  await journey.useTheme('JupyterLab Dark');
  await journey.picture('history-report-dark');
  await journey.useTheme('JupyterLab Light');
});
