/** Returns which of two things comes first: negative, zero or positive. */
export type Comparator<T> = (a: T, b: T) => number;

/** Chain comparators: the first that finds a difference decides. */
export function firstDifference<T>(...chain: readonly Comparator<T>[]): Comparator<T> {
  return (a, b) => {
    for (const compare of chain) {
      const difference = compare(a, b);
      if (difference !== 0) {
        return difference;
      }
    }
    return 0;
  };
}

/** Compare texts by code unit: the same everywhere, whatever the locale. */
export function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
