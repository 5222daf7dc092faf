import { expect, test } from '../journey';

test('[ADM4] a malformed hint is shown while it is typed, and not written', async ({ journey }) => {
  journey.write('work.ipynb', [{ code: 'print(1)', hints: { cpus: 1 }, tags: ['memory=300 MiB'] }]);
  await journey.open('work.ipynb');
  await journey.select(0);
  await journey.start('cellgrant:edit-hints');
  await expect(journey.field('CPUs')).toBeFocused();
  await expect(journey.field('Memory')).toHaveAttribute('placeholder', '300 MiB');
  await expect(journey.panel.getByText('from tag')).toBeVisible();

  await journey.field('CPUs').fill('1.5');
  await expect(journey.field('CPUs')).toHaveAttribute('aria-invalid', 'true');
  await expect(journey.panel.getByText(/a run still asks for 1\./)).toBeVisible();
  await journey.field('CPUs').fill('1-2');
  await expect(journey.field('CPUs')).toHaveAttribute('aria-invalid', 'false');
  await expect(journey.badge(0)).toContainText('1–2 CPUs · 300 MiB');
  await journey.run(0);
  await expect(journey.output(0)).toContainText('1');
  const claim = await journey.claim(0);
  expect(claim?.ask.cpus).toEqual({ kind: 'range', min: 1, max: 2 });
  expect(claim?.ask.memoryBytes).toBe(300 * 1024 ** 2);
});

test('[ADM3] [UI1] a cell that this node can never satisfy says so before and after', async ({
  journey
}) => {
  journey.write('work.ipynb', [{ code: 'print(1)', hints: { memory: '64 GiB' } }]);
  await journey.open('work.ipynb');
  await expect(journey.badge(0)).toContainText('a run would be refused');
  await journey.run(0);
  await expect(journey.badge(0)).toContainText('refused');
  await expect(journey.output(0)).toContainText('memory = 64 GiB');
});

test('[ADM2] a tag that is added with the tool of the lab shows at once what it asks for', async ({
  journey,
  page
}) => {
  journey.write('work.ipynb', [{ code: 'print(1)' }]);
  await journey.open('work.ipynb');
  await journey.select(0);
  await page.sidebar.openTab('jp-property-inspector');
  await page.getByText('Common Tools', { exact: true }).click();
  await page.getByPlaceholder('Add Tag').click();
  await page.keyboard.type('cpus=1');
  await page.keyboard.press('Enter');
  await expect(journey.badge(0)).toContainText('1 CPU');
  await expect(page.locator('.cg-HintsTool')).toContainText('A run asks for 1 CPU.');
});
