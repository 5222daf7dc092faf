import {
  isAlias,
  isMap,
  isScalar,
  LineCounter,
  parseDocument,
  visit,
  type Document,
  type Node,
  type Pair
} from 'yaml';
import {
  plainGroup,
  sharingProblems,
  type Group,
  type Limits,
  type Sharing
} from '../../core/policy/groups';
import { parseHints, type Hints } from '../../protocol/hints';
import { CONFIG_DEPTH_MAX, tooDeepAt } from './configBounds';
import {
  GPUS,
  GROUP_VALUES,
  HOLD,
  LIMITS,
  PREEMPTION,
  RENAMED,
  RESERVE,
  TOP_VALUES,
  type Field,
  type Fields
} from './configFields';
import { configurationOf, narrowed, type Said } from './configSaid';

/** One thing wrong with the file, where a person finds it. */
type ConfigProblem = {
  /** From 1. */
  readonly line: number;
  readonly sentence: string;
};

/** The outcome of reading a file: what it says, or everything that is wrong with it. */
export type ReadConfig =
  | { readonly said: Said; readonly problems: readonly [] }
  | { readonly said: null; readonly problems: readonly ConfigProblem[] };

/** One name of the file with what stands behind it. */
type Entry = { readonly name: string; readonly offset: number; readonly value: Node | null };

/** A name of a group: shown as a part of a path, as in `atlas/prod`; `all` is everybody. */
const GROUP_NAME = /^(?!all$)[^/\s](?:[^/]{0,62}[^/\s])?$/;

/**
 * Reads one file: collects every problem with its line, and where each group
 * stands.
 */
class ConfigReader {
  constructor(text: string) {
    const lines = new LineCounter();
    // Plain words: a parser that shows the place of each error looks through the text for each.
    const options = { lineCounter: lines, uniqueKeys: false, prettyErrors: false };
    const document = parseDocument(text, options);
    this._lineAt = offset => lines.linePos(offset).line;
    for (const { message, pos } of document.errors) {
      this._problem(pos[0], message);
    }
    this._tellTwice(document);
    this._root = document.errors.length === 0 ? document.contents : null;
  }

  /**
   * A group, user or field that stands twice is a problem with its line; the parser's own check
   * would look through all names again for each.
   */
  private _tellTwice(document: Document): void {
    const tell = (_: unknown, { items }: { readonly items: readonly Pair[] }) => {
      const names = new Set<unknown>();
      for (const { key } of items) {
        const name = isScalar(key) ? key.value : key;
        names.has(name) && this._problem(offsetOf(key), 'the same name stands here twice');
        names.add(name);
      }
    };
    visit(document, { Map: tell });
  }

  read(outer: Said): ReadConfig {
    const said: Said = this._root === null ? {} : this._fields(this._root, 'the file', this._top());
    const problems = [
      ...this._problems,
      ...this._problemsOf(configurationOf(said).sharing),
      ...narrowed(outer, said).refused.map(({ section, name, sentence }) => ({
        line: this._lines.get(placeOf(sectionPath(section), name)) ?? 1,
        sentence
      }))
    ];
    return problems.length
      ? { said: null, problems: problems.sort((a, b) => a.line - b.line) }
      : { said, problems: [] };
  }

  /** What is wrong with what could be read; no word on a line that is wrong already. */
  private _problemsOf(sharing: Sharing): ConfigProblem[] {
    const told = new Set(this._problems.map(problem => problem.line));
    return sharingProblems(sharing)
      .filter(({ path }) => !this._spoilt.has(placeOf(path, 'name')))
      .map(({ path, field, sentence }) => {
        const at = this._lines.get(placeOf(path, field));
        return { line: at ?? this._lines.get(placeOf(path, 'name')) ?? 1, sentence };
      })
      .filter(({ line }) => !told.has(line));
  }

  private _top(): Fields {
    const section = (name: string, fields: Fields): Field => ({
      read: (_, node) => this._fields(node, name, fields, sectionPath(name)),
      expected: Object.keys(fields).join(' and ')
    });
    return {
      groups: { read: (_, node) => this._groups(node, []), expected: 'groups by name' },
      limits: {
        read: (_, node) => this._limits(node, sectionPath('limits')),
        expected: 'limits by name'
      },
      preemption: section('preemption', PREEMPTION),
      hold: section('hold', HOLD),
      reserve: section('reserve', RESERVE),
      gpus: section('gpus', GPUS),
      defaults: { read: (_, node) => this._hints(node), expected: 'hints by name' },
      ...TOP_VALUES
    };
  }

  private _group(path: readonly string[]): Fields {
    return {
      ...GROUP_VALUES,
      limits: {
        read: (_, node) => this._limits(node, [...path, ...sectionPath('limits')]),
        expected: 'limits by name'
      },
      users: { read: (_, node) => readUsers(node), expected: 'names, or names with weights' },
      groups: { read: (_, node) => this._groups(node, path), expected: 'groups by name' }
    };
  }

  /** The groups of one level. */
  private _groups(node: Node, path: readonly string[]): Group[] {
    return this._entries(node, 'groups').map(({ name, offset, value }) => {
      const here = [...path, name];
      this._lines.set(placeOf(here, 'name'), this._lineAt(offset));
      if (!GROUP_NAME.test(name)) {
        const expected = 'up to 64 characters without "/", and not "all"';
        this._problem(offset, `"${name}" cannot be the name of a group; expected ${expected}`);
      }
      const read = value ? this._fields(value, `group "${name}"`, this._group(here), here) : {};
      return { ...plainGroup(name), ...(read as Partial<Group>) };
    });
  }

  private _limits(node: Node, path: readonly string[]): Limits {
    const read = this._fields(node, 'limits', LIMITS, path);
    const number = (name: string) => (read[name] as number | undefined) ?? null;
    return {
      memoryBytes: number('memory'),
      gpus: number('gpus'),
      exclusiveCpus: number('exclusive')
    };
  }

  /** Hints, each told at its own line. */
  private _hints(node: Node): Hints {
    const found: Hints = {};
    for (const { name, offset, value } of this._entries(node, 'defaults')) {
      const { hints, problems } = parseHints({ [name]: value?.toJSON() });
      Object.assign(found, hints);
      for (const { path, got, expected } of problems) {
        this._problem(offset, `"${path}" is ${got}; expected ${expected}`);
      }
    }
    return found;
  }

  /** Fields that are each read by name; `path` is that of the group that they belong to. */
  private _fields(
    node: Node,
    what: string,
    fields: Fields,
    path: readonly string[] = []
  ): Record<string, unknown> {
    const found: Record<string, unknown> = {};
    for (const { name, offset, value } of this._entries(node, what)) {
      this._lines.set(placeOf(path, name), this._lineAt(offset));
      const field = Object.hasOwn(fields, name) ? fields[name] : undefined;
      if (!field) {
        const known = Object.keys(fields).join(', ');
        this._problem(offset, `"${name}" is not known in ${what}; expected ${known}`);
        continue;
      }
      if (isNothing(value)) {
        continue;
      }
      const read = field.read(value.toJSON(), value);
      if (read === undefined) {
        this._spoilt.add(placeOf(path, 'name'));
        const got = (JSON.stringify(value.toJSON()) ?? 'nothing').slice(0, 60);
        this._problem(offset, `"${name}" is ${got}; expected ${field.expected}`);
      } else {
        found[RENAMED[name] ?? name] = read;
      }
    }
    return found;
  }

  private _entries(node: Node, what: string): Entry[] {
    if (isNothing(node)) {
      return [];
    }
    if (!isMap(node)) {
      this._problem(node.range?.[0] ?? 0, `${what} must be names with values (name: value)`);
      return [];
    }
    return node.items.map(({ key, value }: Pair) => ({
      name: isScalar(key) ? String(key.value) : '',
      offset: offsetOf(key),
      value: this._written(value as Node | null)
    }));
  }

  /** An alias is not followed: it can make a file of few lines endless, or go in a circle. */
  private _written(value: Node | null): Node | null {
    if (isAlias(value)) {
      const words = `"*${value.source}" stands for something else; expected it to be written out`;
      this._problem(value.range?.[0] ?? 0, words);
      return null;
    }
    return value;
  }

  private _problem(offset: number, sentence: string): void {
    this._problems.push({ line: this._lineAt(offset), sentence });
  }

  private readonly _problems: ConfigProblem[] = [];
  /** Groups of which a field could not be read: what they lack says nothing. */
  private readonly _spoilt = new Set<string>();
  private readonly _root: Node | null;
  private readonly _lineAt: (offset: number) => number;
  /** Where each group and each of its fields stands. */
  private readonly _lines = new Map<string, number>();
}

/** Where a key stands. */
function offsetOf(key: unknown): number {
  return (isScalar(key) ? key.range?.[0] : undefined) ?? 0;
}

/** A name with nothing behind it: all as it comes. */
function isNothing(node: Node | null): node is null {
  return node === null || (isScalar(node) && node.value === null);
}

/** Under what the lines of a section's fields are kept: no group has an empty name. */
function sectionPath(name: string | null): string[] {
  return name === null ? [] : ['', name];
}

function placeOf(path: readonly string[], field: string): string {
  return [...path, field].join('\0');
}

/** A list of names, or names with weights. */
function readUsers(node: Node): Record<string, number> | undefined {
  const value: unknown = node.toJSON();
  if (Array.isArray(value)) {
    return value.every(it => typeof it === 'string')
      ? Object.fromEntries(value.map(name => [name, 1]))
      : undefined;
  }
  const isRecord =
    isMap(node) && Object.values(value as object).every(it => typeof it === 'number');
  return isRecord ? (value as Record<string, number>) : undefined;
}

/**
 * Read a configuration (CFG2), a YAML file. Never throws.
 *
 * #### Notes
 * It may only narrow what files that count before it say, `outer` (CFG5).
 * Every problem is told with its line, unknown names among them; one problem
 * makes the whole file count for nothing. An empty file is even sharing.
 * README.md shows a file with everything in it.
 */
export function readConfig(text: string, outer: Said = {}): ReadConfig {
  const line = tooDeepAt(text);
  if (line !== null) {
    const sentence = `this is nested too deeply; expected at most ${CONFIG_DEPTH_MAX} levels`;
    return { said: null, problems: [{ line, sentence }] };
  }
  return new ConfigReader(text).read(outer);
}
