import { typed } from './typing';

/** Whether a promise has been resolved by now. */
async function isOver(promise: Promise<void>): Promise<boolean> {
  return Promise.race([promise.then(() => true), Promise.resolve().then(() => false)]);
}

describe('typing', () => {
  let field: HTMLInputElement;

  beforeEach(() => {
    jest.useFakeTimers();
    field = document.body.appendChild(document.createElement('input'));
  });
  afterEach(() => {
    field.remove();
    jest.useRealTimers();
  });

  it('is over at once where nobody types', async () => {
    await typed();
  });

  it.each<[string, () => void]>([
    ['the field is left', () => field.blur()],
    ['Enter is pressed', () => field.dispatchEvent(new KeyboardEvent('keydown', { key: 'Enter' }))],
    ['nothing was typed for long', () => jest.advanceTimersByTime(60_000)],
    ['the focus is elsewhere', () => document.dispatchEvent(new FocusEvent('focusin'))]
  ])('[ADM4] is over when %s', async (_, end) => {
    field.focus();
    const over = typed();
    field.dispatchEvent(new KeyboardEvent('keydown', { key: '8' }));
    jest.advanceTimersByTime(2000);
    expect(await isOver(over)).toBe(false);
    end();
    await over;
  });
});
