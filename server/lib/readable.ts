/** Control characters, characters that reverse the text after them, and lone surrogates. */
const UNREADABLE = /[\p{Cc}\p{Cs}\u2028\u2029\u202a-\u202e\u2066-\u2069]+/gu;

/** A foreign text as one line of printable characters; longer ones are truncated. */
export function readable(text: string, charsMax: number): string {
  return text.slice(0, charsMax).replace(UNREADABLE, '\ufffd');
}
