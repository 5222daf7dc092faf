/** After this long without a key a person is taken to be done, in ms: long, for they may think. */
const PAUSE_MS = 8000;

/**
 * Resolves when a person is done with the field that has the focus: left it, pressed
 * Enter, or typed nothing for long; at once where none has it.
 */
export function typed(): Promise<void> {
  const field = document.activeElement;
  if (!(field instanceof HTMLInputElement)) {
    return Promise.resolve();
  }
  return new Promise(resolve => {
    const events = new AbortController();
    const done = (): void => {
      clearTimeout(pause);
      events.abort();
      resolve();
    };
    const pause = setTimeout(done, PAUSE_MS);
    const { signal } = events;
    field.addEventListener('blur', done, { signal });
    // A field that was drawn anew loses the focus without a word.
    document.addEventListener('focusin', done, { signal });
    field.addEventListener('keydown', ({ key }) => key === 'Enter' && done(), { signal });
  });
}
