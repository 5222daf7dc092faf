import { isMap, isScalar, LineCounter, parseDocument, type Node, type Pair } from 'yaml';
import {
  EVEN_SHARING,
  plainGroup,
  sharingProblems,
  VICTIM_POLICIES,
  type Group,
  type Quota,
  type Sharing,
  type VictimPolicy
} from '../core/policy/groups';
import { parseBytes, parseSpan } from '../protocol/hints';

/** What an administrator's file says; what it leaves out is null or as without a file. */
export type Configuration = {
  readonly sharing: Sharing;
  /** Memory kept back from grants, instead of what the node's size suggests. */
  readonly memoryReserveBytes: number | null;
};

/** One thing wrong with the file, where a person finds it. */
export type ConfigProblem = {
  /** From 1. */
  readonly line: number;
  readonly sentence: string;
};

/** The outcome of reading a file: a configuration, or everything that is wrong with it. */
export type ReadConfig =
  | { readonly configuration: Configuration; readonly problems: readonly [] }
  | { readonly configuration: null; readonly problems: readonly ConfigProblem[] };

/** A reader of one value: the value, or undefined where it is not what was expected. */
type Reader<T> = (value: unknown, node: Node) => T | undefined;
type Field = { readonly read: Reader<unknown>; readonly expected: string };
type Fields = Readonly<Record<string, Field>>;

const SPAN = 'a time such as "30 s" or "5 min"';
const span: Field = { read: parseSpan, expected: SPAN };
const yes: Field = {
  read: value => (typeof value === 'boolean' ? value : undefined),
  expected: 'true or false'
};
const weight: Field = {
  read: value => (typeof value === 'number' && Number.isFinite(value) ? value : undefined),
  expected: 'a number above 0'
};

function readQuota(value: unknown): Quota | undefined {
  if (typeof value === 'number') {
    return { kind: 'static', cpus: value };
  }
  const percent = /^\s*(\d{1,6}(?:\.\d{1,6})?)\s*%\s*$/.exec(String(value));
  return percent ? { kind: 'fraction', of: Number(percent[1]) / 100 } : undefined;
}

function readVictims(value: unknown): VictimPolicy | undefined {
  return VICTIM_POLICIES.find(it => it === value);
}

/**
 * Reads one file: collects every problem with its line, and where each group
 * stands.
 */
class ConfigReader {
  constructor(text: string) {
    const lines = new LineCounter();
    // `uniqueKeys` makes a group, user or field that stands twice a problem with its line.
    const document = parseDocument(text, { lineCounter: lines, uniqueKeys: true });
    this._lineAt = offset => lines.linePos(offset).line;
    for (const { message, pos } of document.errors) {
      this._problem(pos[0], message.split('\n')[0]!.replace(/ at line \d+.*$/, ''));
    }
    this._root = document.errors.length ? null : document.contents;
  }

  readonly problems: ConfigProblem[] = [];

  read(): ReadConfig {
    const top = this._root === null ? {} : this._fields(this._root, 'the file', TOP(this));
    const { groups = [], preemption = {}, hold = {}, reserve = {} } = top as Partial<Top>;
    const sharing: Sharing = { ...EVEN_SHARING, groups, ...preemption, ...hold };
    if (this.problems.length === 0) {
      for (const { path, sentence } of sharingProblems(sharing)) {
        this.problems.push({ line: this._lines.get(path.join('/')) ?? 1, sentence });
      }
    }
    this.problems.sort((a, b) => a.line - b.line);
    return this.problems.length
      ? { configuration: null, problems: this.problems }
      : {
          configuration: { sharing, memoryReserveBytes: reserve.memory ?? null },
          problems: []
        };
  }

  /** The groups of one level. */
  groups(node: Node, path: readonly string[]): Group[] {
    return this._pairs(node, 'groups').map(({ key, value }) => {
      const here = [...path, key.text];
      this._lines.set(here.join('/'), this._lineAt(key.offset));
      const read = value ? this._fields(value, `group "${key.text}"`, GROUP(this, here)) : {};
      return { ...plainGroup(key.text), ...(read as Partial<Group>) };
    });
  }

  /** A list of names, or names with weights. */
  users(node: Node): Record<string, number> | undefined {
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

  /** A record whose fields are each read by name. */
  record(node: Node, what: string, fields: Fields): Record<string, unknown> {
    return this._fields(node, what, fields);
  }

  private _fields(node: Node, what: string, fields: Fields): Record<string, unknown> {
    const found: Record<string, unknown> = {};
    for (const { key, value } of this._pairs(node, what)) {
      const field = Object.hasOwn(fields, key.text) ? fields[key.text] : undefined;
      if (!field) {
        const known = Object.keys(fields).join(', ');
        this._problem(key.offset, `"${key.text}" is not known in ${what}; expected ${known}`);
        continue;
      }
      const read = value === null ? undefined : field.read(value.toJSON(), value);
      if (read === undefined) {
        const got = JSON.stringify(value?.toJSON() ?? null).slice(0, 60);
        this._problem(key.offset, `"${key.text}" is ${got}; expected ${field.expected}`);
      } else {
        found[RENAMED[key.text] ?? key.text] = read;
      }
    }
    return found;
  }

  private _pairs(node: Node, what: string) {
    if (isScalar(node) && node.value === null) {
      return []; // a name with nothing behind it: all as it comes
    }
    if (!isMap(node)) {
      this._problem(node.range?.[0] ?? 0, `${what} must be a list of names with values`);
      return [];
    }
    return node.items.map(({ key, value }: Pair) => ({
      key: {
        text: isScalar(key) ? String(key.value) : '',
        offset: (isScalar(key) ? key.range?.[0] : undefined) ?? 0
      },
      value: value as Node | null
    }));
  }

  private _problem(offset: number, sentence: string): void {
    this.problems.push({ line: this._lineAt(offset), sentence });
  }

  private readonly _root: Node | null;
  private readonly _lineAt: (offset: number) => number;
  private readonly _lines = new Map<string, number>();
}

/** Names in the file that differ from those inside. */
const RENAMED: Readonly<Record<string, string>> = {
  surplus: 'acceptSurplus',
  latency: 'latencyMs',
  minRuntime: 'minRuntimeMs',
  maxRuntime: 'maxRuntimeMs',
  grace: 'graceMs',
  idle: 'holdIdleMs',
  safe: 'holdSafeMs'
};

type Top = {
  readonly groups: readonly Group[];
  readonly preemption: Partial<Sharing>;
  readonly hold: Partial<Sharing>;
  readonly reserve: { readonly memory?: number };
};

const TOP = (reader: ConfigReader): Fields => ({
  groups: { read: (_, node) => reader.groups(node, []), expected: 'groups by name' },
  preemption: {
    read: (_, node) => reader.record(node, 'preemption', { victims, grace: span }),
    expected: 'victims and grace'
  },
  hold: {
    read: (_, node) => reader.record(node, 'hold', { idle: span, safe: span }),
    expected: 'idle and safe'
  },
  reserve: {
    read: (_, node) => reader.record(node, 'reserve', { memory }),
    expected: 'memory'
  }
});

const victims: Field = {
  read: readVictims,
  expected: `one of ${VICTIM_POLICIES.join(', ')}`
};
const memory: Field = { read: parseBytes, expected: 'an amount such as "4 GiB"' };

const GROUP = (reader: ConfigReader, path: readonly string[]): Fields => ({
  weight,
  quota: { read: readQuota, expected: 'a number of CPUs, or a part such as "50%"' },
  surplus: yes,
  latency: span,
  minRuntime: span,
  maxRuntime: span,
  users: { read: (_, node) => reader.users(node), expected: 'names, or names with weights' },
  groups: { read: (_, node) => reader.groups(node, path), expected: 'groups by name' }
});

/**
 * Read an administrator's configuration (FAIR1), a YAML file.
 *
 * #### Notes
 * Every problem is told with its line, unknown names among them; one problem
 * makes the whole file count for nothing. An empty file is even sharing.
 *
 * ```yaml
 * groups:
 *   atlas:
 *     quota: 50%          # or a number of CPUs
 *     surplus: false      # never more than its quota
 *     users: [ann, bob]   # or {ann: 2, bob: 1}
 *     groups: {prod: {quota: 4}, analysis: {}}
 *   phenix: {latency: 30 s, minRuntime: 5 min, maxRuntime: 8 h}
 * preemption: {victims: mostOverQuota, grace: 10 s}
 * hold: {idle: 30 min, safe: 30 s}
 * reserve: {memory: 4 GiB}
 * ```
 */
export function readConfig(text: string): ReadConfig {
  return new ConfigReader(text).read();
}
