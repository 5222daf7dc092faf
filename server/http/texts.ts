const texts = new WeakMap<object, string>();

/**
 * The JSON of an immutable value, made once for all readers.
 *
 * #### Notes
 * Cached by identity: unchanged parts of a snapshot are the same objects.
 * `sayable` is what is serialised in its place, always the same for one value.
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
