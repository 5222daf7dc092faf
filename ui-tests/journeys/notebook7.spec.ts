import { expect, test as plain } from '@playwright/test';

import { HOLD, Journey } from '../journey';

plain('[UI3] Notebook 7 has the badges, the panel and the hints, too', async ({ page }) => {
  const journey = new Journey(page, 'notebook7');
  journey.write('work.ipynb', [{ code: HOLD, hints: { memory: '300 MiB' } }]);
  const errors: string[] = [];
  page.on('console', message => {
    if (message.type() === 'error' && /cellgrant/i.test(message.text())) {
      errors.push(message.text());
    }
  });
  await page.goto('/tree');
  await expect(page.getByText('notebook7').first()).toBeVisible();
  await page.goto('/notebooks/notebook7/work.ipynb');
  await journey.kernelAnswers();
  await expect(journey.badge(0)).toContainText('300 MiB');
  await journey.select(0);
  await journey.start('cellgrant:edit-hints');
  await expect(journey.field('Memory')).toHaveValue('300 MiB');
  await journey.run(0);
  await expect(journey.badge(0)).toHaveAttribute('data-state', 'running');
  await expect(journey.panel.locator('.cg-Kernel')).toContainText('work.ipynb');
  await journey.picture('notebook7');
  journey.letGo();
  await expect(journey.badge(0)).toHaveAttribute('data-state', 'done');
  expect(errors).toEqual([]);
  await page.evaluate(() => window.jupyterapp.serviceManager.sessions.shutdownAll());
});
