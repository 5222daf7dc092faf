import type { HintName } from '../../server/protocol/hints';

/** The hints that are set with a checkbox; all others are typed. */
export const YES_NO_HINTS: ReadonlySet<HintName> = new Set(['exclusive', 'hold']);

/** The hints that may be left to Cellgrant in so many words. */
const AUTO_HINTS: ReadonlySet<HintName> = new Set(['cpus', 'memory']);

const WHOLE = /^[+-]?\d+(\.\d+)?$/;
const RANGE = /^\[?\s*(\d+)\s*(?:-|–|\.\.|,)\s*(\d+)\s*\]?$/;

/**
 * The metadata value of what a person typed into a field; undefined for nothing.
 *
 * #### Notes
 * `2-8` is short for `[2, 8]`. Unrecognized text is returned as
 * typed, so that the problem can quote it.
 */
export function valueOf(name: HintName, text: string): unknown {
  const typed = text.trim();
  if (typed === '') {
    return undefined;
  }
  if (YES_NO_HINTS.has(name) && /^(true|false)$/.test(typed)) {
    return typed === 'true';
  }
  if (name === 'cpus') {
    const range = RANGE.exec(typed);
    if (range) {
      return [Number(range[1]), Number(range[2])];
    }
  }
  if (AUTO_HINTS.has(name) && /^auto$/i.test(typed)) {
    return 'auto';
  }
  // A number stays a number, except if a model may have that name.
  return name !== 'gpuModel' && WHOLE.test(typed) ? Number(typed) : typed;
}

/** What a field shows for a metadata value, the inverse of {@link valueOf}. */
export function textOf(value: unknown): string {
  if (value === undefined || value === null) {
    return '';
  }
  if (Array.isArray(value) && value.length === 2 && value.every(n => Number.isSafeInteger(n))) {
    return value.join('-');
  }
  return typeof value === 'string' ? value : JSON.stringify(value);
}
