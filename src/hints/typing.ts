/** After this long without a key a person counts as done, in ms: long, since they may think. */
const PAUSE_MS = 8000;

/**
 * Resolves when a person has finished with the focused field: left it, pressed
 * Enter, or typed nothing for long; immediately if no field has the focus.
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
    // A field that was redrawn loses the focus without an event.
    document.addEventListener('focusin', done, { signal });
    field.addEventListener('keydown', ({ key }) => key === 'Enter' && done(), { signal });
  });
}
