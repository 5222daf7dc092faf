/** How many former texts of a field are kept. */
const PAST_MAX = 100;

/** The texts that a field had for one store: before this one and, after an undo, following it. */
export type Past = { readonly before: string[]; readonly after: string[] };

/** A new edit begins: what was undone before can no longer be redone. */
export function remember(past: Past, text: string): void {
  past.before.push(text);
  past.before.splice(0, past.before.length - PAST_MAX);
  past.after.length = 0;
}

/** Restore the last text that differs from the current one, which is kept for redo; undefined for none. */
export function travel(from: string[], to: string[], now: string): string | undefined {
  let text = from.pop();
  while (text === now) {
    text = from.pop(); // it was restored elsewhere
  }
  if (text !== undefined) {
    to.push(now);
  }
  return text;
}
