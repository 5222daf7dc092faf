import type { OptionEntry } from './directive';
import { HINT_NAMES, type HintName } from './hints';

/** An entry of a tag or a directive whose name is a near miss of a hint's (ADM13). */
export type HintDoubt = {
  /** As it was written. */
  readonly path: string;
  /** The hint that was probably meant. */
  readonly meant: HintName;
};

/** Longer names are other tools' sentences. */
const NAME_CHARS_MAX = 20;

/**
 * The entries that were probably meant as hints, but are not.
 *
 * #### Notes
 * They may as well be another tool's options, so they are shown and nothing is
 * refused. The options of Quarto and nbdev are all further from a hint's name.
 */
export function doubtsOf(entries: readonly OptionEntry[]): HintDoubt[] {
  return entries.flatMap(({ name }) => {
    const meant = nearest(name, HINT_NAMES);
    return meant ? [{ path: name, meant }] : [];
  });
}

/** Which of some names was probably meant by another one. */
export function nearest<T extends string>(name: string, names: readonly T[]): T | undefined {
  return names.find(it => name !== it && isNear(plain(name), plain(it)));
}

/** A name without the variations in how people write it: `max-wait`, `MaxWait`, `max_wait`. */
function plain(name: string): string {
  return name.toLowerCase().replace(/[-_]/g, '');
}

function isNear(name: string, hint: string): boolean {
  return (
    name.length <= NAME_CHARS_MAX &&
    name[0] === hint[0] &&
    distance(name, hint) <= (hint.length < 6 ? 1 : 2)
  );
}

/** How many letters were omitted, added, replaced or swapped with their neighbour. */
function distance(a: string, b: string): number {
  const rows: number[][] = [[...b, ''].map((_, j) => j)];
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1] ? 0 : 1;
      const swapped = a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      row[j] = Math.min(
        rows[i - 1]![j]! + 1,
        row[j - 1]! + 1,
        rows[i - 1]![j - 1]! + same,
        swapped ? rows[i - 2]![j - 2]! + 1 : Infinity
      );
    }
    rows.push(row);
  }
  return rows[a.length]![b.length]!;
}
