/** The longest file that is read, in bytes. */
export const CONFIG_BYTES_MAX = 64 * 1024;

/** The deepest nesting, in levels: far more than groups need. */
export const CONFIG_DEPTH_MAX = 32;

/** The deepest start of a line, in characters: the markers of each level, and some blanks. */
const INDENT_CHARS_MAX = 8 * CONFIG_DEPTH_MAX;

/** What may precede the content of a line: each of these can start a level. */
const BEGINNING = /^[ \t?:-]*/;

/**
 * The line on which a text is nested too deeply, from 1; null if it is not.
 *
 * #### Notes
 * Checked before parsing: a parser takes seconds for a thousand levels, and no cell would be
 * granted meanwhile. It counts brackets wherever they occur: no person writes a text with so
 * many unclosed ones.
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

/** How many levels the prefix of a line starts, apart from its indentation. */
function marksIn(begins: string): number {
  return begins.split(/[ \t]+/).filter(it => it.length === 1).length;
}
