import { NOTHING_ASKED } from '../protocol/ask';
import { refusal, type Refusal } from '../protocol/errors';
import { DIRECTIVE_CHARS_MAX, HINT_BYTES_MAX, type HintSources } from '../protocol/gate';
import { parseDirective, parseTags } from '../protocol/hintEntries';
import { mergeHints, parseHints, type HintProblem, type Hints } from '../protocol/hints';
import type { AskOrRefusal } from './ports';

const NOTHING: AskOrRefusal = { ask: NOTHING_ASKED };

/**
 * Parse what the author of a cell wrote, and merge it with the defaults (ADM2).
 *
 * #### Notes
 * `defaults` are already parsed, nearest first. `lineBytes` is the length of the
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

/** Gates truncate a directive by characters, each of which is at most two UTF-16 units here. */
function readable(directive = ''): string {
  return directive.slice(0, 2 * DIRECTIVE_CHARS_MAX);
}

function bytesOf(sources: HintSources): number {
  return Buffer.byteLength(JSON.stringify(sources));
}

/** The refusal of malformed hints: names the first problem, lists all in `problems`. */
export function hintRefusal(problems: readonly HintProblem[]): Refusal {
  const { path, got, expected } = problems[0]!;
  const all = problems.map(it => `"${it.path}" is ${it.got}; expected ${it.expected}`).join('\n');
  return refusal('HINT_INVALID', { path, got, expected, problems: all, count: problems.length });
}
