import { expect, test } from '../journey';

/** Takes memory in one stroke, faster than any interrupt, up to what ends it. */
const AT_ONCE = 'everything = bytearray(b"x") * (1 << 30)';

test('[MEM3] a cell whose kernel was killed says why, in the dialog, its badge and its output', async ({
  journey,
  page
}) => {
  const { node } = await journey.snapshot();
  test.skip(!node.tier.enforced.includes('memory'), `memory is not enforced: ${node.tier.reason}`);
  journey.write('greedy.ipynb', [
    { code: AT_ONCE, hints: { memory: '500 MB' } },
    { code: 'print("after")' }
  ]);
  await journey.open('greedy.ipynb');
  await journey.run(0);
  const why = 'it reached the 500 MB of memory granted';
  await expect(page.locator('.jp-Dialog')).toContainText(why);
  await journey.picture('killed-dialog');
  await page.locator('.jp-Dialog').getByRole('button', { name: 'Ok' }).click();
  await expect(journey.badge(0)).toHaveAttribute('data-state', 'done');
  await expect(journey.badge(0)).toContainText('kernel died');
  await expect(journey.badge(0)).toContainText(why);
  await expect(journey.output(0)).toContainText('KernelKilled');
  await expect(journey.output(0)).toContainText(why);
  await journey.picture('killed');

  // JupyterLab says that the kernel starts for as long as nothing is run, and drops what is run too early.
  await expect(async () => {
    await journey.run(1);
    await expect(journey.output(1)).toContainText('after', { timeout: 2000 });
  }).toPass();
});

/** Takes memory step by step, so that there is time to interrupt it. */
const STEPS =
  'import time\nkept = []\nwhile True:\n    kept.append(bytearray(b"x") * (4 << 20))\n    time.sleep(0.02)';

test('[MEM3] [MEM6] a cell that came near its memory says why it was interrupted, and asks for more', async ({
  journey
}) => {
  const { node } = await journey.snapshot();
  test.skip(!node.tier.enforced.includes('memory'), `memory is not enforced: ${node.tier.reason}`);
  journey.write('steps.ipynb', [{ code: STEPS, hints: { memory: '500 MB' } }]);
  await journey.open('steps.ipynb');
  await journey.run(0);
  await expect(journey.badge(0)).toContainText('interrupted near its memory limit');
  await expect(journey.badge(0)).toContainText('of the 500 MB granted');
  await journey.picture('interrupted');
});
