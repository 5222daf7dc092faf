/** One option of a measurement's command line: `--name VALUE`, or `--name` alone. */
export type Option<T> = {
  /** What stands behind it, in capitals; null where nothing does. */
  readonly takes: string | null;
  readonly what: string;
  /** Its value where it is not given, without and with `--quick`. */
  readonly full: T;
  readonly quick: T;
  /** What a good value looks like, for whoever gave another one. */
  readonly expected: string;
  /** The value of a text; undefined where it has none. */
  readonly read: (text: string) => T | undefined;
};

/** The options of a measurement by name; a name of one letter stands behind one dash. */
export type Options = Readonly<Record<string, Option<unknown>>>;

/** The values of options. */
export type Chosen<O> = {
  readonly [Name in keyof O]: O[Name] extends Option<infer T> ? T : never;
};

/** A command line that cannot be understood; its message is for whoever wrote it. */
export class UsageError extends Error {}

/** How many: a whole number of at least 1. */
export function count(what: string, full: number, quick: number): Option<number> {
  return {
    takes: 'COUNT',
    what,
    full,
    quick,
    expected: `a whole number of at least 1, such as ${full},`,
    read: text => (/^[1-9]\d{0,8}$/.test(text) ? Number(text) : undefined)
  };
}

/** What chance starts from: another one each time, unless it is said. */
export function seed(): Option<number> {
  const unsaid = Date.now() % 1_000_000;
  return {
    takes: 'SEED',
    what: 'what chance starts from; another one each time',
    full: unsaid,
    quick: unsaid,
    expected: 'a whole number, such as 7,',
    read: text => (/^\d{1,9}$/.test(text) ? Number(text) : undefined)
  };
}

/** One of some names instead of all of them: null means all. */
export function only(what: string, names: readonly string[]): Option<string | null> {
  return {
    takes: 'NAME',
    what,
    full: null,
    quick: null,
    expected: `one of ${names.join(', ')}`,
    read: text => (names.includes(text) ? text : undefined)
  };
}

/** Something that is said or not; `--quick` may imply it. */
export function flag(what: string, { quick } = { quick: false }): Option<boolean> {
  return { takes: null, what, full: false, quick, expected: '', read: () => true };
}

/** The name of a file or directory; null where none is given. */
export function path(what: string): Option<string | null> {
  return { takes: 'PATH', what, full: null, quick: null, expected: 'a path', read: text => text };
}

/** An option as it is written: `--rounds COUNT`. */
export function writtenOf(name: string, { takes }: Pick<Option<unknown>, 'takes'>): string {
  return takes === null ? dashed(name) : `${dashed(name)} ${takes}`;
}

/**
 * What a command line says of these options.
 *
 * #### Notes
 * Throws a {@link UsageError} that names what was wrong and what was expected. Where an option is
 * given twice, the last one counts.
 */
export function readOptions<O extends Options>(
  options: O,
  args: readonly string[],
  isQuick: boolean
): Chosen<O> {
  const chosen = new Map(
    Object.entries(options).map(([name, it]) => [name, isQuick ? it.quick : it.full])
  );
  for (let at = 0; at < args.length; at += 1) {
    const name = nameOf(options, args[at]!);
    const option = options[name]!;
    if (option.takes !== null) {
      at += 1;
    }
    chosen.set(name, valueOf(name, option, args[at]));
  }
  return Object.fromEntries(chosen) as Chosen<O>;
}

function nameOf(options: Options, word: string): string {
  const name = Object.keys(options).find(it => dashed(it) === word);
  if (name === undefined) {
    const known = Object.entries(options).map(([it, option]) => writtenOf(it, option));
    throw new UsageError(`"${word}" is not an option here. There are ${known.join(', ')}.`);
  }
  return name;
}

function valueOf(name: string, { takes, read, expected }: Option<unknown>, text?: string): unknown {
  if (takes !== null && (text === undefined || text.startsWith('-'))) {
    throw new UsageError(`${dashed(name)} needs ${expected} behind it.`);
  }
  const value = read(text ?? '');
  if (value === undefined) {
    throw new UsageError(`${dashed(name)} is "${text}", but ${expected} was expected.`);
  }
  return value;
}

function dashed(name: string): string {
  return name.length === 1 ? `-${name}` : `--${name}`;
}
