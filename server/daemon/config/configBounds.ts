/** The longest file that is read, in bytes. */
export const CONFIG_BYTES_MAX = 64 * 1024;

/** How deep what is written may be nested, in levels: far more than groups need. */
export const CONFIG_DEPTH_MAX = 32;

/** How far in a line may begin: what begins each level, and some blanks. */
const INDENT_CHARS_MAX = 8 * CONFIG_DEPTH_MAX;

/** What may stand before the content of a line: each of these can begin a level. */
const BEGINNING = /^[ \t?:-]*/;

/**
 * The line on which a text is nested too deeply, from 1; null where it is not.
 *
 * #### Notes
 * Looked at before it is parsed: a parser takes seconds for what is nested a thousand times, and
 * nobody's cell would be granted meanwhile. It counts brackets wherever they stand: a text with
 * so many that are not closed again is none that a person wrote.
 */
export function tooDeepAt(text: string): number | null {
  let depth = 0;
  for (const [index, line] of text.split('\n').entries()) {
    const begins = BEGINNING.exec(line)![0];
    for (const character of line) {
      depth += '[{'.includes(character) ? 1 : ']}'.includes(character) && depth > 0 ? -1 : 0;
      if (depth > CONFIG_DEPTH_MAX) {
        return index + 1;
      }
    }
    if (begins.length > INDENT_CHARS_MAX || marksIn(begins) > CONFIG_DEPTH_MAX) {
      return index + 1;
    }
  }
  return null;
}

/** How many levels the beginning of a line begins beside its indentation. */
function marksIn(begins: string): number {
  return begins.split(/[ \t]+/).filter(it => it.length === 1).length;
}
