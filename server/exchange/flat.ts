import type { Execution } from '../protocol/execution';
import type { ExecutionView } from '../protocol/history';
import { EXECUTION } from './execution';

/** The version of what a file has: raised where a column changes its meaning, or goes. */
const FILE_VERSION = 1;

/** What a cell of a file may hold. */
export type FlatValue = string | number | boolean | Date | null;

/** One execution as a row of a file. */
export type Flat = Readonly<Record<string, FlatValue>>;

/** An execution as `POST /history` takes it. */
export type Added = Omit<ExecutionView, 'row'> & { readonly sourceSha256: string | null };

/** A file that cannot be read; the message says where and why. */
export class FileError extends Error {}

type Kind = 'text' | 'number' | 'boolean' | 'time' | 'json';

/** A column of a file: what of an execution it has, by a path. */
type Column = { readonly name: string; readonly kind: Kind; readonly path: readonly string[] };

const of = (kind: Kind, ...names: readonly string[]): readonly Column[] =>
  names.map(name => ({ name, kind, path: [name] }));

const inside = (kind: Kind, part: string, ...names: readonly string[]): readonly Column[] =>
  names.map(name => ({
    name: part === 'grant' ? `granted${name[0]!.toUpperCase()}${name.slice(1)}` : name,
    kind,
    path: [part, name]
  }));

/** Every column, in the order of files. */
export const COLUMNS: readonly Column[] = [
  ...of('text', 'claimId', 'holderId', 'holderKind', 'holderName', 'notebook', 'owner', 'group'),
  // Only a trace has it (commands/profile.py): the sidecar tells nobody its hashes (HIST3).
  ...of('text', 'cellId', 'label', 'sourceSha256'),
  { name: 'arrived', kind: 'time', path: ['arrivedMs'] },
  { name: 'granted', kind: 'time', path: ['grantedMs'] },
  { name: 'ended', kind: 'time', path: ['endedMs'] },
  ...of('number', 'thinkMs'),
  ...of('text', 'outcome'),
  ...of('json', 'ask'),
  ...inside('text', 'grant', 'cpus'),
  ...inside('number', 'grant', 'threads', 'memoryBytes'),
  ...inside('json', 'grant', 'gpus'),
  ...inside('boolean', 'grant', 'asked'),
  ...inside('number', 'used', 'cpuSeconds', 'cpusPeak', 'memoryPeakBytes', 'memoryKeptBytes'),
  ...inside('number', 'used', 'threadsPeak', 'processesPeak', 'gpuMemoryPeakBytes'),
  ...inside('number', 'used', 'gpuUtilisation', 'memoryBeforeBytes', 'efficiency'),
  ...inside('boolean', 'used', 'wasLimited')
];

const NAMES = ['version', ...COLUMNS.map(it => it.name)];

/** An execution as a row. */
export function flatOf(execution: ExecutionView): Flat {
  const row: Record<string, FlatValue> = { version: FILE_VERSION };
  for (const { name, kind, path } of COLUMNS) {
    const value = path.reduce<unknown>(
      (it, key) => (it as Record<string, unknown> | null)?.[key],
      execution
    );
    row[name] = value === undefined || value === null ? null : written(kind, value);
  }
  return row;
}

function written(kind: Kind, value: unknown): FlatValue {
  if (kind === 'time') {
    return new Date(value as number);
  }
  return kind === 'json' ? JSON.stringify(value) : (value as FlatValue);
}

/** The execution of a row, as it is sent. Throws {@link FileError}. */
export function addedIn(row: Flat, number: number): Added {
  const added = unchecked(row, number);
  checked(added, number);
  return added;
}

/** The execution of a row. Throws {@link FileError}. */
export function executionIn(row: Flat, number: number): Execution {
  return checked(unchecked(row, number), number);
}

function unchecked(row: Flat, number: number): Added {
  checkColumns(Object.keys(row));
  checkVersion(row);
  const parts: Record<string, Record<string, unknown>> = { all: {}, grant: {}, used: {} };
  for (const { name, kind, path } of COLUMNS) {
    const key = path.at(-1)!;
    const where = `row ${number}, column "${name}"`;
    parts[path.length > 1 ? path[0]! : 'all']![key] = read(kind, row[name] ?? null, where);
  }
  const { all, grant, used } = parts as {
    [K in 'all' | 'grant' | 'used']: Record<string, unknown>;
  };
  all['group'] ??= ''; // CSV does not tell a text of nothing from nothing
  grant['asked'] === null && delete grant['asked'];
  used['wasLimited'] ??= false;
  return {
    ...all,
    grant: grant['gpus'] === null ? null : grant,
    used: all['grantedMs'] === null ? null : used
  } as unknown as Added;
}

function checked(added: Added, number: number): Execution {
  const outcome = EXECUTION.safeParse(added);
  if (outcome.success) {
    return outcome.data;
  }
  const { path, message } = outcome.error.issues[0]!;
  const column = COLUMNS.find(it => it.path.every((part, at) => part === path[at]));
  throw new FileError(`row ${number}${column ? `, column "${column.name}"` : ''}: ${message}`);
}

/** A file needs all of them. Throws {@link FileError}. */
export function checkColumns(names: readonly string[]): void {
  const missing = NAMES.filter(it => !names.includes(it));
  if (missing.length) {
    throw new FileError(
      `it lacks ${missing.length > 1 ? 'the columns' : 'the column'} ${missing.join(', ')}`
    );
  }
}

function checkVersion(row: Flat): void {
  const version = Number(row['version']);
  if (version !== FILE_VERSION) {
    const what = `its version is ${String(row['version'])}`;
    throw new FileError(`${what}; this Cellgrant reads version ${FILE_VERSION}`);
  }
}

function read(kind: Kind, value: FlatValue, where: string): unknown {
  if (value === null) {
    return null;
  }
  switch (kind) {
    case 'text':
      return String(value);
    case 'number':
      return amountIn(value) ?? unread(value, 'a number of at least 0', where);
    case 'time':
      return timeIn(value) ?? unread(value, 'a time', where);
    case 'boolean':
      return BOOLEANS.get(String(value)) ?? unread(value, 'true or false', where);
    case 'json':
      return jsonIn(String(value)) ?? unread(value, 'JSON', where);
  }
}

const BOOLEANS: ReadonlyMap<string, boolean> = new Map([
  ['true', true],
  ['false', false]
]);

/** No figure of an execution is negative, or larger than can be counted exactly. */
function amountIn(value: FlatValue): number | undefined {
  const isNumber = typeof value === 'number' || /^\s*[\d.]/.test(String(value));
  const number = isNumber ? Number(value) : NaN;
  return number >= 0 && number <= Number.MAX_SAFE_INTEGER ? number : undefined;
}

/** In ms; of a text only such as `2026-01-01T00:00:00.000Z`, for JavaScript takes a lone number for a year. */
function timeIn(value: FlatValue): number | undefined {
  const isTime = value instanceof Date || /^\d{4}-\d\d-\d\dT/.test(String(value));
  const ms = isTime ? new Date(value as string).getTime() : NaN;
  return Number.isNaN(ms) ? undefined : ms;
}

function jsonIn(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function unread(value: FlatValue, expected: string, where: string): never {
  throw new FileError(`${where} is "${String(value).slice(0, 60)}"; expected ${expected}`);
}
