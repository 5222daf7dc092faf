import { expect, test } from '../journey';

// The real settings of the server, not Galata's copy in the page.
test.use({ mockSettings: false });

test('[ADM2] a default of the settings editor reaches the claims', async ({ journey, page }) => {
  journey.write('work.ipynb', [{ code: 'print("ran")' }]);
  await journey.open('work.ipynb');
  await journey.start('settingeditor:open', { query: 'Cellgrant Default Hints' });
  const memory = page.locator('input[id$="defaults_memory"]');
  await memory.fill('310 MiB');
  await expect
    .poll(async () => (await page.request.get('/cellgrant/api/v1/defaults')).json())
    .toMatchObject({ memory: '310 MiB' });
  await journey.open('work.ipynb');
  await journey.run(0);
  await expect(journey.output(0)).toContainText('ran');
  expect((await journey.claim(0))?.ask.memoryBytes).toBe(310 * 1024 ** 2);

  await journey.start('settingeditor:open', { query: 'Cellgrant Default Hints' });
  const toast = page.getByText(/The default for "memory" in your settings is/);
  await memory.fill('');
  await memory.pressSequentially('4 GiB', { delay: 1200 });
  await expect
    .poll(async () => (await page.request.get('/cellgrant/api/v1/defaults')).json())
    .toMatchObject({ memory: '4 GiB' });
  await expect(toast).toHaveCount(0);
  await memory.fill('lots');
  await memory.press('Enter');
  await expect(toast.first()).toBeVisible();
  await memory.fill('');
  await expect(toast).toHaveCount(0);
  await expect
    .poll(async () => (await page.request.get('/cellgrant/api/v1/defaults')).json())
    .toEqual({});
});

test('[ADM2] the defaults of a notebook reach the claims of its kernel', async ({ journey }) => {
  journey.write('work.ipynb', [{ code: 'print("ran")' }], { memory: '320 MiB' });
  await journey.open('work.ipynb');
  const kernelId = async (): Promise<string> => (await journey.snapshot()).holders[0]?.id ?? '';
  await expect.poll(kernelId).not.toBe('');
  const url = `/cellgrant/api/v1/holders/${await kernelId()}/defaults`;
  await expect
    .poll(async () => (await journey.page.request.get(url)).json())
    .toMatchObject({ memory: '320 MiB' });
  await journey.run(0);
  await expect(journey.output(0)).toContainText('ran');
  expect((await journey.claim(0))?.ask.memoryBytes).toBe(320 * 1024 ** 2);
});
