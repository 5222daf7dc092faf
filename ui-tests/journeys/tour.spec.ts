import { readFileSync } from 'node:fs';
import path from 'node:path';

import { expect, test } from '../journey';

const WORKSPACE = path.join(__dirname, '../../scripts/tour/workspace.json');
const { data } = JSON.parse(readFileSync(WORKSPACE, 'utf8'));

/** What `npm start` begins with, as JupyterLab restores it. */
test.use({ mockState: data, resetWorkspace: false });

test('the tour begins with Resources in sight', async ({ page }) => {
  const panel = page.locator('#jupyterlab-cellgrant-panel');
  await expect(panel).toBeVisible();
  await page.sidebar.close('right');
  await expect(panel).toBeHidden();
});
