/** What a terminal obeys, what turns the text behind it around, and halves of characters. */
const UNREADABLE = /[\p{Cc}\p{Cs}\u2028\u2029\u202a-\u202e\u2066-\u2069]+/gu;

/** A text of somebody else as one line that only shows characters; what is longer is cut. */
export function readable(text: string, charsMax: number): string {
  return text.slice(0, charsMax).replace(UNREADABLE, '\ufffd');
}
