import { expect, HOLD, test } from '../journey';

test('[UI9] any cell leads to its hints, which stay in sight below many kernels', async ({
  journey,
  page
}) => {
  const hold = { code: 'print(1)', hints: { memory: '300 MiB', hold: true } };
  journey.write('work.ipynb', [hold, { code: HOLD, hints: { cpus: 1 } }, { code: 'print(2)' }]);
  await journey.open('work.ipynb');
  await journey.run(0);
  await expect(journey.badge(0)).toHaveAttribute('data-state', 'done');
  // Kernels of the same server that rest.
  await page.evaluate(async () => {
    const { sessions } = window.jupyterapp.serviceManager;
    const start = (i: number) =>
      sessions.startNew({
        name: `rests${i}.ipynb`,
        path: `rests${i}.ipynb`,
        type: 'notebook',
        kernel: { name: 'python3' }
      });
    await Promise.all(Array.from({ length: 5 }, (_, i) => start(i)));
  });

  await journey.cell(2).click({ button: 'right' });
  await page.getByText('Edit the Resource Hints of This Cell').click();
  await expect(journey.field('CPUs')).toBeFocused();
  await expect(journey.field('CPUs')).toHaveValue('');
  await page.keyboard.type('1');
  await expect(journey.badge(2)).toContainText('1 CPU');
  await expect(journey.badge(2)).toContainText('free now');

  const idle = journey.panel.locator('.cg-Idle');
  await expect(idle.locator('summary')).toContainText('5 idle kernels keep');
  await expect(journey.panel.locator('.cg-Kernel')).toHaveCount(1);
  await expect(journey.field('CPUs')).toBeInViewport({ ratio: 1 });
  await journey.picture('many-light');
  await journey.useTheme('JupyterLab Dark');
  await idle.locator('summary').focus();
  await page.keyboard.press('Enter');
  await expect(journey.panel.locator('.cg-Kernel')).toHaveCount(6);
  await expect(journey.panel.locator('.cg-Panel-cell')).toBeInViewport({ ratio: 1 });
  await journey.picture('many-dark');
  await journey.useTheme('JupyterLab Light');

  // What the first cell keeps is released where it is shown.
  const kernel = journey.panel.locator('.cg-Kernel').filter({ hasText: 'work.ipynb' });
  await expect(kernel).toContainText('keeps 300 MiB for its next cell');
  await kernel.getByRole('button', { name: 'Release' }).click();
  await expect(kernel).not.toContainText('for its next cell');

  // The shortcut works while a cell is edited, too, and unfolds what is folded.
  await journey.panel.locator('.cg-Panel-cell summary').first().click();
  await journey.cell(1).locator('.cm-content').click();
  await page.keyboard.press('Control+Alt+y');
  await expect(journey.field('CPUs')).toBeFocused();
  await expect(journey.field('CPUs')).toHaveValue('1');
  await journey.run(0);
  await expect(journey.badge(0)).toHaveAttribute('data-state', 'done');
  await journey.panel.getByText('Story of the last run').click();
  await expect(journey.panel.locator('.cg-Story li').first()).toBeInViewport({ ratio: 1 });
});
