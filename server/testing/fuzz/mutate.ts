import type { RandomSource } from '../randomSource';

/** A text that stands in JSON as it is, whether JSON allows it or not. */
class Raw {
  constructor(readonly text: string) {}
}

const KEYS = ['__proto__', 'constructor', 'toString', 'hasOwnProperty', '', '\0', 'length', 'id'];

/** Values that programs trip over, each made anew. */
const NASTY: readonly (() => unknown)[] = [
  () => null,
  () => true,
  () => -1,
  () => 0.1,
  () => 2 ** 53,
  () => 1e308,
  () => new Raw('1e999'),
  () => new Raw('-0'),
  () => new Raw('9'.repeat(400)),
  () => new Raw('NaN'),
  () => '',
  () => '\0',
  () => '\ud800',
  () => '\u2028\uFEFF',
  () => '__proto__',
  () => '../../../../tmp/x',
  () => 'x'.repeat(5000),
  () => '%00%ff{name}',
  () => `cpus=${'['.repeat(100)}${']'.repeat(100)}`,
  () => `#| cpus: ${'['.repeat(4000)}${']'.repeat(4000)}\n#|${' '.repeat(4000)}:`,
  () => [],
  () => ({}),
  () => new Raw('{"__proto__":{"cpus":1}}'),
  () => new Raw(`${'['.repeat(300)}${']'.repeat(300)}`),
  () => new Raw(`${'{"a":'.repeat(3000)}1${'}'.repeat(3000)}`),
  () => Array<number>(2000).fill(0)
];

/**
 * Makes messages that are nearly right out of right ones: wrong types, huge numbers, deep
 * nesting, names that a language takes for its own, names that stand twice, and bytes that are
 * no text. The same seed gives the same ones.
 */
export class Mutator {
  constructor(readonly random: RandomSource) {}

  /** The JSON of a value, with some of it changed; it may be none any more. */
  json(value: unknown): string {
    let changed = value;
    for (let count = this.random.whole(0, 3); count > 0; count -= 1) {
      changed = this.changed(changed);
    }
    return this.write(changed);
  }

  /** A text as bytes, cut off or damaged at times. */
  bytes(text: string): Buffer {
    const bytes = Buffer.from(text);
    const { random } = this;
    if (bytes.length === 0 || random.chance(0.7)) {
      return bytes;
    }
    const at = random.whole(0, bytes.length - 1);
    switch (random.whole(0, 3)) {
      case 0:
        return bytes.subarray(0, at);
      case 1:
        bytes[at] = random.pick([0, 0x22, 0x5c, 0x7b, 0xff, 0xc0, 0x80]);
        return bytes;
      case 2:
        return Buffer.concat([bytes.subarray(0, at), Buffer.from([0xed, 0xa0, 0x80]), bytes]);
      default:
        return Buffer.concat([bytes, bytes.subarray(at)]);
    }
  }

  /** Bytes in pieces, cut anywhere. */
  pieces(bytes: Buffer): readonly Buffer[] {
    if (bytes.length < 2 || this.random.chance(0.6)) {
      return [bytes];
    }
    const at = this.random.whole(1, bytes.length - 1);
    return [bytes.subarray(0, at), ...this.pieces(bytes.subarray(at))];
  }

  private changed(value: unknown): unknown {
    const { random } = this;
    const isBranch = typeof value === 'object' && value !== null && !(value instanceof Raw);
    if (!isBranch || random.chance(0.1)) {
      return random.pick(NASTY)();
    }
    if (Array.isArray(value)) {
      const at = random.whole(0, Math.max(0, value.length - 1));
      return value.map((it, index) => (index === at ? this.changed(it) : it) as unknown);
    }
    return this.changedObject(Object.entries(value));
  }

  private changedObject(entries: [string, unknown][]): object {
    const { random } = this;
    const at = random.whole(0, Math.max(0, entries.length - 1));
    const [name, value] = entries[at] ?? ['x', 1];
    switch (random.whole(0, 5)) {
      case 0:
        return Object.fromEntries(entries.filter((_, index) => index !== at));
      case 1:
        return Object.fromEntries([...entries, [random.pick(KEYS), random.pick(NASTY)()]]);
      default:
        return Object.fromEntries([...entries, [name, this.changed(value)]]);
    }
  }

  private write(value: unknown): string {
    if (value instanceof Raw) {
      return value.text;
    }
    if (Array.isArray(value)) {
      return `[${value.map(it => this.write(it)).join()}]`;
    }
    if (typeof value !== 'object' || value === null) {
      return JSON.stringify(value) ?? 'null';
    }
    const fields = Object.entries(value).map(
      ([name, it]) => `${JSON.stringify(name)}:${this.write(it)}`
    );
    // One name twice: which of them counts is the reader's affair, but it must be one of them.
    return `{${(this.random.chance(0.03) ? [...fields, ...fields] : fields).join()}}`;
  }
}
