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
  await expect(journey.badge(0)).toContainText('can grant at most');
  await journey.run(0);
  await expect(journey.badge(0)).toContainText('asked for 64 GiB');
  await expect(journey.output(0)).toContainText('memory = 64 GiB');
  const { node } = await journey.snapshot();
  const inGib = (bytes: number): string => String(Number((bytes / 1024 ** 3).toFixed(1)));
  await expect(journey.output(0)).toContainText(
    `at most ${inGib(node.memoryBytes - node.memoryReserveBytes)} GiB`
  );
});

test('[ADM2] a tag that is added with the tool of the lab shows at once what it asks for', async ({
  journey,
  page
}) => {
  journey.write('work.ipynb', [{ code: 'print(1)' }]);
  await journey.open('work.ipynb');
  await journey.select(0);
  await page.sidebar.openTab('jp-property-inspector');
  await expect(page.locator('.cg-HintsTool'), 'it comes unfolded').toBeVisible();
  await page.getByText('Common Tools', { exact: true }).click();
  await page.getByPlaceholder('Add Tag').click();
  await page.keyboard.type('cpus=1');
  await page.keyboard.press('Enter');
  await expect(journey.badge(0)).toContainText('1 CPU');
  await expect(page.locator('.cg-HintsTool')).toContainText('A run asks for 1 CPU.');
});

test('[ADM13] a name that is nearly a hint is told at the cell, which runs', async ({
  journey
}) => {
  journey.write('work.ipynb', [
    { code: '#| memroy: 1GB\nprint("ran")' },
    { code: '#| fig-cap: |\n#|   time: wall clock\nprint("drawn")' }
  ]);
  await journey.open('work.ipynb');
  await expect(journey.badge(0)).toContainText('Did you mean "memory"?');
  await expect(journey.badge(1)).toHaveCount(0);
  await journey.run(1);
  await expect(journey.output(1)).toContainText('drawn');
  await journey.run(0);
  await expect(journey.output(0)).toContainText('ran');
  await expect(journey.badge(0)).toContainText('Did you mean "memory"?');
  await journey.start('cellgrant:edit-hints');
  await expect(journey.panel.getByText(/"memroy" is not a hint/)).toBeVisible();
  await journey.picture('hints-doubt');
});

test('[UI7] selected cells are edited together, undone as one, and Escape leads back', async ({
  journey,
  page
}) => {
  journey.write('work.ipynb', [
    { code: 'print(1)', hints: { cpus: 1 } },
    { code: 'print(2)', hints: { cpus: 2 } },
    { code: 'print(3)' }
  ]);
  await journey.open('work.ipynb');
  await journey.select(0);
  await page.keyboard.press('Shift+ArrowDown');
  await journey.start('cellgrant:edit-hints');
  await expect(journey.field('CPUs')).toHaveAttribute('placeholder', 'mixed');
  await expect(journey.panel.getByText(/2 cells are selected/)).toBeVisible();
  await expect(journey.field('GPUs')).toHaveCount(0);
  await journey.picture('hints-mixed');
  await journey.field('CPUs').pressSequentially('1-2', { delay: 700 });
  await expect(journey.badge(0)).toContainText('1–2 CPUs');
  await expect(journey.badge(1)).toContainText('1–2 CPUs');

  await page.keyboard.press('Control+z');
  await expect(journey.field('CPUs')).toHaveAttribute('placeholder', 'mixed');
  await expect(journey.badge(1)).toContainText('2 CPUs');
  await page.keyboard.press('Control+Shift+z');
  await expect(journey.badge(0)).toContainText('1–2 CPUs');

  await page.keyboard.press('Escape');
  await expect(journey.cell(1)).toBeFocused();
  await page.keyboard.press('z'); // what was redone
  await page.keyboard.press('z'); // what was undone
  await page.keyboard.press('z'); // what was typed
  await expect(journey.badge(0)).toHaveText(/^1 CPU/);
  await expect(journey.badge(1)).toHaveText(/^2 CPUs/);
});

test('[ADM4] what is wrong is judged with Enter, and a malformed tag is shown', async ({
  journey,
  page
}) => {
  journey.write('work.ipynb', [{ code: 'print(1)', tags: ['memory=lots'] }]);
  await journey.open('work.ipynb');
  await expect(journey.badge(0)).toContainText('malformed hint');
  await journey.select(0);
  await journey.start('cellgrant:edit-hints');
  await expect(journey.field('Memory')).toHaveAttribute('aria-invalid', 'true');
  await expect(journey.panel.getByText(/A tag: "memory" is "lots"/)).toBeVisible();
  await journey.field('CPUs').fill('x');
  await page.keyboard.press('Enter');
  await expect(
    journey.panel.locator('.cg-Field[data-judged]').getByText(/Not saved/)
  ).toBeVisible();
  await journey.picture('hints-malformed');
});
