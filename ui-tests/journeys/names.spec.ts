import { expect, HOLD, MOST, test } from '../journey';

const LONG = `${'no_space_anywhere_'.repeat(10)}.ipynb`;

test('[UI1] the panel keeps its sentences in sight, however long names are', async ({
  journey
}) => {
  journey.write(LONG, [{ code: HOLD, hints: { memory: MOST } }]);
  journey.write('work.ipynb', [
    { code: 'print("worked")', hints: { memory: MOST } },
    { code: 'print("other")', hints: { ['n'.repeat(60)]: 1 } }
  ]);
  await journey.open(LONG);
  await journey.run(0);
  await expect(journey.badge(0)).toContainText('running');
  await journey.start('cellgrant:open-panel');
  await journey.open('work.ipynb');
  await journey.run(0);
  await expect(journey.badge(0)).toContainText('waiting for memory');
  await journey.select(0);
  await journey.panel.getByText('Story of this run').click();
  await expect(journey.panel.locator('.cg-Story')).toContainText(LONG);
  const beyond = (): Promise<number> =>
    journey.panel.evaluate(node => node.scrollWidth - node.clientWidth);
  expect(await beyond()).toBe(0);

  await journey.select(1);
  await expect(journey.panel).toContainText('is not a hint');
  expect(await beyond()).toBe(0);
});

test('[UI1] a cell that waits names who is in the way as that notebook is called now', async ({
  journey,
  page
}) => {
  journey.write('Untitled.ipynb', [{ code: HOLD, hints: { memory: MOST } }]);
  journey.write('work.ipynb', [{ code: 'print("worked")', hints: { memory: MOST } }]);
  await journey.open('Untitled.ipynb');
  await journey.run(0);
  await expect(journey.badge(0)).toContainText('running');
  await page.evaluate(
    folder =>
      window.jupyterapp.serviceManager.contents.rename(
        `${folder}/Untitled.ipynb`,
        `${folder}/simulation.ipynb`
      ),
    journey.folder
  );
  await journey.open('work.ipynb');
  await journey.run(0);
  await expect(journey.badge(0)).toContainText('held by simulation.ipynb');
  await journey.start('cellgrant:open-panel');
  const item = journey.panel.locator('.cg-QueueItem');
  await expect(item).toContainText('held by simulation.ipynb');
  await expect(item).not.toContainText('Untitled.ipynb');
  // Nor does who reads it elsewhere find the old name: `cellgrant status`, stories, another's log.
  const names = async () => {
    const kernels = await page.request.get('/cellgrant/api/v1/holders');
    return (await kernels.json()).map((it: { readonly name: string }) => it.name);
  };
  await expect.poll(names).toContain('simulation.ipynb');
  expect(await names()).not.toContain('Untitled.ipynb');
});
