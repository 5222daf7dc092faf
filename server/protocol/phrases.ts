import type { Named } from './facts';
import type { HolderKind } from './holder';

/**
 * Translates, as JupyterLab's `TranslationBundle` does: `%1` is the first
 * argument, of `_n` the number itself.
 */
export type Phrases = {
  __(text: string, ...args: (string | number)[]): string;
  _n(one: string, many: string, n: number, ...args: (string | number)[]): string;
};

/** Who speaks: in which language, about what, and with which present names of holders. */
export type Speaker = {
  readonly trans: Phrases;
  /** The kind of the claim's holder: a command has no cell, and options instead of hints. */
  readonly of: HolderKind;
  readonly nameOf: (holder: Named) => string;
};

function filled(text: string, args: readonly (string | number)[]): string {
  return text.replace(/%(\d)/g, (_, at: string) => String(args[Number(at) - 1]));
}

/** English, with the names that holders had at the time: the sidecar's. */
export const ENGLISH: Speaker = {
  trans: {
    __: (text, ...args) => filled(text, args),
    _n: (one, many, n, ...args) => filled(n === 1 ? one : many, [n, ...args])
  },
  of: 'kernel',
  nameOf: ({ holderName }) => holderName
};

/** English, about a claim of such a holder. */
export function englishOf(of: HolderKind): Speaker {
  return { ...ENGLISH, of };
}

/** `a`, `a and b`, `a, b and c`. */
export function enumerated(trans: Phrases, parts: readonly string[]): string {
  const [last = '', ...before] = [...parts].reverse();
  return before.length ? trans.__('%1 and %2', before.reverse().join(', '), last) : last;
}
