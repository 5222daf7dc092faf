import type { Locator } from '@playwright/test';

import { expect, HOLD, MOST, test } from '../journey';

test('[UI1] a narrow page keeps the reason of a wait, and the way to who is in the way', async ({
  journey,
  page
}) => {
  await page.setViewportSize({ width: 1024, height: 700 });
  journey.write('holder-of-all-the-memory.ipynb', [{ code: HOLD, hints: { memory: MOST } }]);
  journey.write('work.ipynb', [{ code: 'import os', hints: { memory: MOST, cpus: 1 } }]);
  await journey.open('holder-of-all-the-memory.ipynb');
  await journey.run(0);
  await expect(journey.badge(0)).toContainText('running');
  await journey.open('work.ipynb');
  await journey.start('cellgrant:open-panel');
  await expect(journey.panel).toBeVisible();
  await journey.run(0);
  const badge = journey.badge(0);
  await expect(badge).toHaveAttribute('data-state', 'waiting');
  const seen = await boxOf(journey.notebook);
  for (const part of [
    badge.locator('.cg-Badge-text'),
    badge.getByText('held by holder-of-all-the-memory.ipynb'),
    badge.getByRole('button', { name: 'Show holder' }),
    badge.getByRole('button', { name: 'Cancel' })
  ]) {
    const box = await boxOf(part);
    expect(box.left).toBeGreaterThanOrEqual(seen.left);
    expect(box.right).toBeLessThanOrEqual(seen.right);
    expect(box.bottom).toBeLessThanOrEqual((await boxOf(badge)).bottom);
    expect(await part.evaluate(it => it.scrollWidth <= it.clientWidth + 1)).toBe(true);
  }
  await journey.picture('badge-1024');
  await badge.getByRole('button', { name: 'Show holder' }).click();
  await expect(page.locator('.jp-mod-current[role="tab"]').last()).toContainText('holder');
  journey.letGo();
});

test('[UI1] keeps after a run what it got, names defaults, and covers no toolbar', async ({
  journey,
  page
}) => {
  journey.write(
    'work.ipynb',
    [
      { code: 'x = 1', hints: { cpus: 1 } },
      { code: 'y = 2' },
      { code: 'import time\ntime.sleep(1.2)' },
      { code: '' }
    ],
    { memory: '300 MiB' }
  );
  await journey.open('work.ipynb');
  const limit = '300 MiB (notebook default)';
  await expect(journey.badge(0)).toContainText(`1 CPU · ${limit}`);
  await expect(journey.badge(1)).toContainText(limit);
  await expect(journey.badge(3)).toHaveCount(0);
  for (const index of [0, 1, 2]) {
    await journey.run(index);
    await expect(journey.badge(index)).toHaveAttribute('data-state', 'done');
    await expect(journey.badge(index)).toContainText(limit);
  }
  await expect(journey.badge(0)).toContainText(/got 1 CPU \(\d+\) · 300 MiB/);
  await expect(journey.badge(0).getByRole('button', { name: 'Edit' })).toBeVisible();
  for (const width of [1280, 1024, 800]) {
    await page.setViewportSize({ width, height: 700 });
    for (const index of [0, 1, 2]) {
      await journey.select(index);
      const toolbar = journey.cell(index).locator('.jp-cell-toolbar');
      await expect(toolbar).toHaveCount(1);
      const parts = journey.notebook.locator('.cg-Badge').locator('.cg-Chip, .cg-Badge-text');
      const covering = async (): Promise<Box[]> => {
        const its = (await toolbar.isVisible()) ? await boxOf(toolbar) : null;
        const boxes = await Promise.all((await parts.all()).map(boxOf));
        return boxes.filter(box => its && overlap(its, box));
      };
      await expect.poll(covering, { message: `${width} px, cell ${index}` }).toEqual([]);
    }
    await journey.picture(`badge-done-${width}`);
  }
});

type Box = Record<'left' | 'right' | 'top' | 'bottom', number>;

async function boxOf(locator: Locator): Promise<Box> {
  const { x, y, width, height } = (await locator.boundingBox())!;
  return { left: x, right: x + width, top: y, bottom: y + height };
}

function overlap(a: Box, b: Box): boolean {
  return a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom;
}
