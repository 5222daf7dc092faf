const texts = new WeakMap<object, string>();

/**
 * The JSON of a value that nobody changes, made once for all who ask.
 *
 * #### Notes
 * Known by identity: the parts of a snapshot are the same until something has changed.
 */
export function textOf(value: object): string {
  let text = texts.get(value);
  if (text === undefined) {
    text = JSON.stringify(value);
    texts.set(value, text);
  }
  return text;
}
