import { DIRECTIVE_CHARS_MAX } from './gate';

/** A line of options, as its author writes it or as Black rewrites it. */
const OPTION = /^[ \t]*# ?\| ?/;

/** Magics whose cell is data to be written or rendered: its content is no hint. */
const DATA_MAGIC = /^%%(writefile|file|html|markdown|latex|javascript|js|svg)\b/i;

/**
 * The directive of a cell: its leading `#|` lines, joined by newlines.
 *
 * #### Notes
 * Blank lines and cell magics may come before and between them; any other line
 * ends them, and so does a length above {@link DIRECTIVE_CHARS_MAX}. The gate takes
 * the same lines (`kernel/cells.py`): what the editor shows is what a run asks for.
 */
export function directiveOf(code: string): string {
  const found: string[] = [];
  let room = DIRECTIVE_CHARS_MAX;
  for (const line of code.split(/\r\n|\r|\n/)) {
    const text = line.replace(/^[ \t]+|[ \t]+$/g, '');
    if (text === '' || (text.startsWith('%%') && !DATA_MAGIC.test(text))) {
      continue;
    }
    room -= [...text].length + 1;
    if (!OPTION.test(text) || room < 0) {
      break;
    }
    found.push(text);
  }
  return found.join('\n');
}

/** One entry at the top level of an option block, its value as written, on one line. */
export type OptionEntry = { readonly name: string; readonly text: string };

/**
 * Read the entries at the top level of a directive's YAML.
 *
 * #### Notes
 * `#|` lines belong to many tools. Quarto reads all of them as one YAML mapping,
 * nbdev as words, and a hint is an entry of that mapping: never something inside
 * a block scalar, a list, a quoted text, a flow collection, a nested mapping or
 * the value of another entry. This is the part of YAML's grammar that decides
 * which entry contains which; a complete parser would reject the block because of one line of nbdev,
 * or because of our own short form: a line that begins with a name that `isOurs` may
 * hold several, as `cpus: 2, memory: 8 GiB`, and `=` for `:`. A quote or bracket
 * that is never closed swallows what follows, as in YAML.
 */
export function optionsOf(directive: string, isOurs: (name: string) => boolean): OptionEntry[] {
  const block = new Block(isOurs);
  for (const line of directive.split('\n')) {
    if (OPTION.test(line)) {
      block.read(line.replace(OPTION, '').replaceAll('\t', ' '));
    }
  }
  return block.entries;
}

/** What a line leaves open for the next one: a quoted text, or flow collections. */
type Open = { readonly quote: string; readonly depth: number };

const NOTHING_OPEN: Open = { quote: '', depth: 0 };

/** An option block while its lines are parsed. */
class Block {
  constructor(private readonly _isOurs: (name: string) => boolean) {}

  get entries(): OptionEntry[] {
    return this._lines.flatMap(it =>
      this._isOurs(it.name) ? piecesOf(it) : [{ name: it.name, text: it.parts.join(' ') }]
    );
  }

  read(line: string): void {
    const text = line.trim();
    const indent = line.search(/\S/);
    if (text === '') {
      return;
    }
    if (this._open.quote || this._open.depth) {
      this._lines.at(-1)?.parts.push(text);
      this._open = scan(text, this._open);
    } else if (indent > Math.max(this._textBelow, this._top)) {
      this._lines.at(-1)?.parts.push(text);
    } else if (!text.startsWith('#')) {
      this._readNode(text, indent);
    }
  }

  /** A line that has structure: an entry, an item of a list, or what is nested in one. */
  private _readNode(text: string, indent: number): void {
    const node = nodeOf(text, indent);
    const isItem = /^-(\s|$)/.test(text);
    this._top = Math.min(this._top, indent);
    // YAML lets the items of a list begin at the column of its key.
    if (indent > this._top || (isItem && this._lines.at(-1)?.parts[0] === '')) {
      this._lines.at(-1)?.parts.push(text);
    } else {
      const [, name = '', value = ''] = /^([\w-]+)\s*[:=]\s*(.*)$/.exec(text) ?? [];
      this._lines.push(
        this._isOurs(name)
          ? { name, parts: [value] }
          : { name: name || node.key, parts: [node.value] }
      );
    }
    this._open = /^["'[{]/.test(node.value) ? scan(node.value, NOTHING_OPEN) : NOTHING_OPEN;
    this._textBelow = /^(#|$)/.test(node.value) ? Infinity : node.column;
  }

  private readonly _lines: { readonly name: string; readonly parts: string[] }[] = [];
  private _open = NOTHING_OPEN;
  /** The column of the block's entries: the smallest so far. */
  private _top = Infinity;
  /** Lines that begin right of this column are text, whatever they look like. */
  private _textBelow = Infinity;
}

/** The key of an entry with a colon, followed by a space or the end, as YAML requires. */
const KEY =
  /^(?:"((?:[^"\\]|\\.)*)"|'((?:[^']|'')*)'|([^\s"'[\]{}#&*!|>%@`,?-].*?))\s*:(?=\s|$)\s*/;

/** The innermost key of a line, its value, and the column where the key or its list item begins. */
function nodeOf(line: string, indent: number): { key: string; value: string; column: number } {
  let [key, value, column] = ['', line, indent - 1];
  for (;;) {
    const token = /^[-?](?:\s+|$)/.exec(value) ?? KEY.exec(value);
    if (!token) {
      // A value may have a tag and an anchor; its text begins after them.
      return { key, value: value.replace(/^(?:[!&]\S*\s+)+/, ''), column };
    }
    key = token[1] ?? token[2] ?? token[3] ?? '';
    column = indent + line.length - value.length;
    value = value.slice(token[0].length);
  }
}

/** What is open after a line of a quoted text or a flow collection. */
function scan(line: string, open: Open): Open {
  let { quote, depth } = open;
  let begins = true; // a quote counts only where a value or a key begins
  for (let i = 0; i < line.length; i++) {
    const c = line[i]!;
    if (quote) {
      const isEscape = quote === '"' ? c === '\\' : c === "'" && line[i + 1] === "'";
      i += isEscape ? 1 : 0;
      quote = !isEscape && c === quote ? '' : quote;
    } else if (depth === 0 && open.depth + i > 0) {
      break; // closed: what follows opens nothing
    } else if (/["']/.test(c) && begins) {
      quote = c;
      begins = false;
    } else if (c === '#' && (i === 0 || line[i - 1] === ' ')) {
      break;
    } else {
      depth += '[{'.includes(c) ? 1 : ']}'.includes(c) ? -1 : 0;
      begins = c === ' ' ? begins : '[{,:'.includes(c);
    }
  }
  return { quote, depth };
}

/** A quoted text or a flow collection, at a place where a value may begin. */
const CLOSED = /(?<=(?:^|[:=,])\s*)(?:"(?:[^"\\]|\\.)*"|'(?:[^']|'')*'|\[[^\]]*\]|\{[^}]*\})/g;

/** The hints of an entry of ours: one, or several in the short form. */
function piecesOf({ name, parts }: { name: string; parts: readonly string[] }): OptionEntry[] {
  const [first = '', ...rest] = parts.map(withoutComment);
  if (first === '' && rest.length && rest.every(part => /^-(\s|$)/.test(part))) {
    return [{ name, text: `[${rest.map(part => part.slice(1).trim()).join(', ')}]` }];
  }
  const text = [first.replace(/^[|>][+\-\d]*$/, ''), ...rest].join(' ').trim();
  const masked = text.replace(CLOSED, it => '_'.repeat(it.length));
  const pieces: OptionEntry[] = [];
  let [at, begin] = [name, 0];
  for (const comma of masked.matchAll(/\s*,\s*([A-Za-z][\w-]*)\s*[:=]\s*/g)) {
    pieces.push({ name: at, text: text.slice(begin, comma.index) });
    [at, begin] = [comma[1]!, comma.index + comma[0].length];
  }
  return [...pieces, { name: at, text: text.slice(begin) }];
}

/** A line without its comment, which begins with `#` after a space. */
function withoutComment(line: string): string {
  const masked = line.replace(CLOSED, it => '_'.repeat(it.length));
  const comment = masked.search(/(^|\s)#/);
  return (comment < 0 ? line : line.slice(0, comment)).trim();
}

/** A value as YAML reads it: `2`, `true`, `[2, 8]`, `"8 GiB"`, `8 GiB`, `null`; no list inside another. */
export function scalarOf(written: string, isInList = false): unknown {
  const text = written.trim();
  const quoted = /^'((?:[^']|'')*)'$/.exec(text);
  const list = isInList ? null : /^\[(.*)\]$/.exec(text);
  if (quoted) {
    return quoted[1]!.replaceAll("''", "'");
  }
  if (list) {
    return list[1]!.split(',').map(it => scalarOf(it, true));
  }
  if (/^(~|null|Null|NULL)$/.test(text)) {
    return null;
  }
  if (/^(true|false)$/i.test(text)) {
    return text.toLowerCase() === 'true';
  }
  if (/^[-+]?\d+(\.\d*)?(e[-+]?\d+)?$/i.test(text)) {
    return Number(text);
  }
  return /^"(?:[^"\\]|\\.)*"$/.test(text) ? unescaped(text) : text;
}

function unescaped(text: string): string {
  try {
    return String(JSON.parse(text));
  } catch {
    return text; // an escape that JSON lacks, and no hint needs
  }
}
