const texts = new WeakMap<object, string>();

/**
 * The JSON of a value that nobody changes, made once for all who ask.
 *
 * #### Notes
 * Known by identity: the parts of a snapshot are the same until something has changed.
 * `sayable` is what is written in its place, always the same for one value.
 */
export function textOf<T extends object>(
  value: T,
  sayable: (value: T) => object = it => it
): string {
  let text = texts.get(value);
  if (text === undefined) {
    text = JSON.stringify(sayable(value));
    texts.set(value, text);
  }
  return text;
}
