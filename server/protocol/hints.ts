import { NOTHING_ASKED, type Ask, type CpuAsk } from './ask';

/** The names that an author may write, in the order the editor shows them (ADM1). */
export const HINT_NAMES = [
  'cpus',
  'memory',
  'gpus',
  'gpuMemory',
  'gpuModel',
  'exclusive',
  'time',
  'priority',
  'maxWait',
  'hold'
] as const;

/** One of {@link HINT_NAMES}. */
export type HintName = (typeof HINT_NAMES)[number];

/** What one source states, parsed: a part of an ask. */
export type Hints = Partial<Ask>;

/** The longest name or value that a problem quotes; longer ones are truncated. */
const QUOTED_CHARS_MAX = 60;

/** One thing wrong with a hint (ADM4). */
export type HintProblem = {
  /** The hint's name, or what was in its place, by {@link pathOf}. */
  readonly path: string;
  /** What was found, as a person would write it, at most 60 characters. */
  readonly got: string;
  readonly expected: string;
};

/** The outcome of parsing one source: a source with problems is ignored. */
export type ParsedHints = {
  readonly hints: Hints;
  readonly problems: readonly HintProblem[];
};

const KIB = 1024;
const UNITS: Readonly<Record<string, number>> = {
  B: 1,
  K: KIB,
  M: KIB ** 2,
  G: KIB ** 3,
  T: KIB ** 4,
  KIB,
  MIB: KIB ** 2,
  GIB: KIB ** 3,
  TIB: KIB ** 4,
  KB: 1e3,
  MB: 1e6,
  GB: 1e9,
  TB: 1e12
};
const SPANS_MS: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1e3,
  m: 6e4,
  min: 6e4,
  h: 36e5,
  d: 864e5
};

const bytesAmount = wholeBetween(KIB ** 2, KIB ** 5);

/** Parse an amount of memory to bytes: `8 GiB`, `512M`, `1.5 GB`, or bytes; from 1 MiB to 1024 TiB. */
export function parseBytes(value: unknown): number | undefined {
  if (typeof value === 'number') {
    return bytesAmount(value);
  }
  const match =
    typeof value === 'string' && /^\s*(\d{1,9}(?:\.\d{1,6})?)\s*([a-z]+)\s*$/i.exec(value);
  const unit = match ? UNITS[match[2]!.toUpperCase()] : undefined;
  return bytesAmount(match && unit ? Math.round(Number(match[1]) * unit) : 0);
}

const SPAN_DAYS_MAX = 366;

/** Parse a span of time to ms: `90 s`, `10m`, `1.5 h`, up to 366 days; a bare number counts seconds. */
export function parseSpan(value: unknown): number | undefined {
  const text = typeof value === 'number' ? `${value} s` : value;
  const match =
    typeof text === 'string' && /^\s*(\d{1,9}(?:\.\d{1,6})?)\s*([a-z]+)\s*$/i.exec(text);
  const unit = match ? SPANS_MS[match[2]!.toLowerCase()] : undefined;
  const ms = match && unit ? Number(match[1]) * unit : 0;
  return ms > 0 && ms <= SPAN_DAYS_MAX * 864e5 ? ms : undefined;
}

function wholeBetween(min: number, max: number): (value: unknown) => number | undefined {
  return value =>
    Number.isSafeInteger(value) && (value as number) >= min && (value as number) <= max
      ? (value as number)
      : undefined;
}

const CPUS_MAX = 65536;
const cpuCount = wholeBetween(1, CPUS_MAX);

/** The pair that `2-8` is short for. */
function rangeIn(text: string): number[] | undefined {
  return /^\s*(\d{1,5})\s*-\s*(\d{1,5})\s*$/.exec(text)?.slice(1).map(Number);
}

function parseCpus(value: unknown): CpuAsk | undefined {
  if (value === 'auto') {
    return { kind: 'auto' };
  }
  const pair = typeof value === 'string' ? rangeIn(value) : value;
  if (!Array.isArray(pair)) {
    const n = cpuCount(pair);
    return n === undefined ? undefined : { kind: 'fixed', n };
  }
  const [min, max] = [cpuCount(pair[0]), cpuCount(pair[1])];
  return pair.length === 2 && min !== undefined && max !== undefined && min <= max
    ? { kind: 'range', min, max }
    : undefined;
}

function parseModel(value: unknown): string | undefined {
  return typeof value === 'string' && /^[\w .+-]{1,64}$/.test(value.trim())
    ? value.trim()
    : undefined;
}

function parseYes(value: unknown): boolean | undefined {
  return typeof value === 'boolean' ? value : undefined;
}

type Field = {
  readonly key: keyof Ask;
  readonly parse: (value: unknown) => Ask[keyof Ask] | 'auto' | undefined;
  readonly expected: string;
};

/** Memory as an author names it: an amount, or that past runs name it. */
function parseMemory(value: unknown): number | 'auto' | undefined {
  return value === 'auto' ? 'auto' : parseBytes(value);
}

const AMOUNT = 'an amount with a unit such as "8 GiB" or "512 MB", from 1 MiB to 1024 TiB';
const SPAN = `a time such as "90 s", "10 min" or "2 h", up to ${SPAN_DAYS_MAX} d`;
const GPUS_MAX = 1024;

const FIELDS: Readonly<Record<HintName, Field>> = {
  cpus: {
    key: 'cpus',
    parse: parseCpus,
    expected: `a whole number from 1 to ${CPUS_MAX}, a range such as 2-8, or "auto"`
  },
  memory: {
    key: 'memoryBytes',
    parse: parseMemory,
    expected: `${AMOUNT}, or "auto" for what past runs needed`
  },
  gpus: {
    key: 'gpus',
    parse: wholeBetween(0, GPUS_MAX),
    expected: `a whole number from 0 to ${GPUS_MAX}; for a part of a GPU name "gpuMemory"`
  },
  gpuMemory: { key: 'gpuMemoryBytes', parse: parseBytes, expected: AMOUNT },
  gpuModel: {
    key: 'gpuModel',
    parse: parseModel,
    expected:
      'part of a model name such as "H100", at most 64 letters, digits, spaces, ".", "+" or "-"'
  },
  exclusive: { key: 'exclusive', parse: parseYes, expected: 'true or false' },
  time: { key: 'timeMs', parse: parseSpan, expected: SPAN },
  priority: {
    key: 'priority',
    parse: wholeBetween(-100, 100),
    expected: 'a whole number from -100 to 100'
  },
  maxWait: { key: 'maxWaitMs', parse: parseSpan, expected: SPAN },
  hold: { key: 'hold', parse: parseYes, expected: 'true or false' }
};

/** A short text of a value, as its author would recognise it. */
export function shown(value: unknown): string {
  // JSON has no word for NaN or Infinity.
  const json = typeof value === 'number' ? undefined : JSON.stringify(value);
  const text = value === '' ? 'empty' : (json ?? String(value));
  return text.length > QUOTED_CHARS_MAX ? `${text.slice(0, QUOTED_CHARS_MAX - 3)}...` : text;
}

/** The path by which a problem names this entry. */
export function pathOf(name: string): string {
  return name.slice(0, QUOTED_CHARS_MAX);
}

/** Whether this is the name of a hint. */
export function isHintName(name: string): name is HintName {
  return Object.hasOwn(FIELDS, name);
}

/** The problem of one field's value in an editor, or null. */
export function problemOf(name: HintName, value: unknown): HintProblem | null {
  const field = FIELDS[name];
  return field.parse(value) === undefined
    ? { path: name, got: shown(value), expected: field.expected }
    : null;
}

/**
 * Parse an object of hints: the cell metadata key `cellgrant`, or defaults.
 *
 * #### Notes
 * `undefined` and `null`, as a whole or in a field, mean "not stated".
 */
export function parseHints(value: unknown): ParsedHints {
  if (value === undefined || value === null) {
    return { hints: {}, problems: [] };
  }
  if (typeof value !== 'object' || Array.isArray(value)) {
    const expected = 'an object such as {"cpus": 2, "memory": "8 GiB"}';
    return { hints: {}, problems: [{ path: 'cellgrant', got: shown(value), expected }] };
  }
  const hints: Record<string, unknown> = {};
  const problems: HintProblem[] = [];
  for (const [name, raw] of Object.entries(value)) {
    if (!isHintName(name)) {
      const expected = `one of ${HINT_NAMES.join(', ')}`;
      problems.push({ path: pathOf(name), got: 'not a hint', expected });
    } else if (raw !== null && raw !== undefined) {
      const problem = problemOf(name, raw);
      problem ? problems.push(problem) : Object.assign(hints, statedBy(name, raw));
    }
  }
  return problems.length ? { hints: {}, problems } : { hints, problems };
}

/** What a hint without problems states. */
function statedBy(name: HintName, raw: unknown): Hints {
  const { key, parse } = FIELDS[name];
  const value = parse(raw);
  return key === 'memoryBytes' && value === 'auto'
    ? { memoryBytes: null, memoryAuto: true }
    : { [key]: value };
}

/** Merge sources field by field, first source first (ADM2); what no source states is not asked. */
export function mergeHints(sources: readonly Hints[]): Ask {
  return sources.reduceRight<Ask>(
    // An amount of memory replaces what a farther source left to past runs.
    (ask, hints) => ({ ...ask, ...('memoryBytes' in hints && { memoryAuto: false }), ...hints }),
    NOTHING_ASKED
  );
}
