import { expect, HOLD, type Journey, MOST, test } from '../journey';

/** A notebook whose first cell waits for memory that another one holds. */
async function waitInLine(journey: Journey): Promise<void> {
  journey.write('holder.ipynb', [{ code: HOLD, hints: { memory: MOST } }]);
  journey.write('work.ipynb', [
    { code: 'print("worked")', hints: { memory: MOST } },
    { code: 'print("after")' }
  ]);
  await journey.open('holder.ipynb');
  await journey.run(0);
  await expect(journey.badge(0)).toContainText('running');
  await journey.open('work.ipynb');
  await journey.start('notebook:run-all-cells');
  await expect(journey.badge(0)).toContainText('waiting for memory');
}

test('[UI2] a wait is cancelled from the panel, and the cells behind it are aborted', async ({
  journey
}) => {
  await waitInLine(journey);
  await journey.start('cellgrant:open-panel');
  await journey.panel.locator('.cg-QueueItem').getByRole('button', { name: 'Cancel' }).click();
  await expect(journey.badge(0)).toContainText('cancelled');
  await expect(journey.output(0)).toContainText('cancelled');
  await expect(journey.cell(1).locator('.jp-InputPrompt')).toHaveText('[ ]:');
  await expect(journey.panel.locator('.cg-QueueItem')).toHaveCount(0);
});

test('[UI3] the keyboard alone opens the panel, finds the wait and cancels it', async ({
  journey,
  page
}) => {
  await waitInLine(journey);
  await journey.select(1);
  await page.keyboard.press('Control+Alt+g');
  await expect(journey.panel).toBeFocused();
  const cancel = journey.panel.locator('.cg-QueueItem').getByRole('button', { name: 'Cancel' });
  for (let presses = 0; presses < 30; presses++) {
    await page.keyboard.press('Tab');
    if (await cancel.evaluate(button => button === document.activeElement)) {
      break;
    }
  }
  await expect(cancel).toBeFocused();
  await page.keyboard.press('Enter');
  await expect(journey.badge(0)).toContainText('cancelled');
});
