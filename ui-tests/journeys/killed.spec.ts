import { expect, test } from '../journey';

/** Takes memory in one stroke, faster than any interrupt, up to what ends it. */
const AT_ONCE = 'everything = bytearray(b"x") * (1 << 30)';

test('[MEM3] a cell whose kernel was killed says why, in its badge and in its output', async ({
  journey,
  page
}) => {
  const { node } = await journey.snapshot();
  test.skip(!node.tier.enforced.includes('memory'), `memory is not enforced: ${node.tier.reason}`);
  journey.write('greedy.ipynb', [
    { code: AT_ONCE, hints: { memory: '400 MiB' } },
    { code: 'print("after")' }
  ]);
  await journey.open('greedy.ipynb');
  await journey.run(0);
  await page.locator('.jp-Dialog').getByRole('button', { name: 'Ok' }).click();
  const why = 'it reached the 400 MiB of memory granted';
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
