import { type OptionEntry, optionsOf, scalarOf } from './directive';
import { isHintName, parseHints, type ParsedHints } from './hints';

/** The longest tag that may be a hint, in characters. */
const TAG_CHARS_MAX = 256;

/**
 * The entries of cell tags: `gpus=1`, `memory=8GiB`; also `gpus:1`.
 *
 * #### Notes
 * Tags serve many tools: one that is not a name followed by `=` or `:` is ignored, and so is
 * one that is longer than any hint.
 */
export function tagEntries(tags: readonly string[]): OptionEntry[] {
  return tags.flatMap(tag => {
    const text = tag.length <= TAG_CHARS_MAX ? tag.trim() : '';
    const match = /^([a-zA-Z][\w-]*)\s*[=:](.*)$/.exec(text);
    return match ? [{ name: match[1]!, text: match[2]!.trim() }] : [];
  });
}

/** The entries of a directive, {@link optionsOf}. */
export function directiveEntries(text: string): OptionEntry[] {
  return optionsOf(text, isHintName);
}

/** Parse cell tags; one that does not start with the name of a hint is not a problem. */
export function parseTags(tags: readonly string[]): ParsedHints {
  return parseEntries(tagEntries(tags));
}

/** Parse a directive; entries of other tools in it are not a problem. */
export function parseDirective(text: string): ParsedHints {
  return parseEntries(directiveEntries(text));
}

function parseEntries(entries: readonly OptionEntry[]): ParsedHints {
  const found: Record<string, unknown> = {};
  for (const { name, text } of entries) {
    if (isHintName(name)) {
      const value = scalarOf(text);
      // A model may have a number as its name.
      found[name] = name === 'gpuModel' && typeof value === 'number' ? text.trim() : value;
    }
  }
  return parseHints(found);
}
