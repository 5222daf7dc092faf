import { NOTHING_ASKED } from '../protocol/ask';
import { refusal, type Refusal } from '../protocol/errors';
import { DIRECTIVE_CHARS_MAX, HINT_BYTES_MAX, type HintSources } from '../protocol/gate';
import { parseDirective, parseTags } from '../protocol/hintEntries';
import { mergeHints, parseHints, type HintProblem, type Hints } from '../protocol/hints';
import type { AskOrRefusal } from './ports';

const NOTHING: AskOrRefusal = { ask: NOTHING_ASKED };

/**
 * Parse and merge what the author of a cell wrote with the defaults (ADM2).
 *
 * #### Notes
 * `defaults` come parsed, nearest first. `lineBytes` is the length of the
 * message that carried the sources: only a long one is worth measuring.
 */
export function askOf(
  sources: HintSources,
  defaults: readonly Hints[],
  lineBytes: number
): AskOrRefusal {
  const { metadata, tags, directive } = sources;
  if (metadata === undefined && !tags?.length && !directive && !defaults.length) {
    return NOTHING;
  }
  const bytes = lineBytes > HINT_BYTES_MAX ? bytesOf(sources) : lineBytes;
  if (bytes > HINT_BYTES_MAX) {
    return { refusal: refusal('HINT_TOO_LARGE', { bytes, limit: HINT_BYTES_MAX }) };
  }
  const parsed = [parseHints(metadata), parseTags(tags ?? []), parseDirective(readable(directive))];
  const problems = parsed.flatMap(it => it.problems);
  return problems.length
    ? { refusal: hintRefusal(problems) }
    : { ask: mergeHints([...parsed.map(it => it.hints), ...defaults]) };
}

/** Gates cut a directive by its characters, of which each has at most two units here. */
function readable(directive = ''): string {
  return directive.slice(0, 2 * DIRECTIVE_CHARS_MAX);
}

function bytesOf(sources: HintSources): number {
  return Buffer.byteLength(JSON.stringify(sources));
}

/** The refusal of malformed hints: the first problem by name, all of them in `problems`. */
export function hintRefusal(problems: readonly HintProblem[]): Refusal {
  const { path, got, expected } = problems[0]!;
  const all = problems.map(it => `"${it.path}" is ${it.got}; expected ${it.expected}`).join('\n');
  return refusal('HINT_INVALID', { path, got, expected, problems: all, count: problems.length });
}
