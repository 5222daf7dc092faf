/** The first in order that suffice together, without unnecessary ones; none if all together do not suffice. */
export function fewest<T>(
  inOrder: readonly T[],
  areEnough: (chosen: readonly T[]) => boolean
): readonly T[] {
  let count = 0;
  while (!areEnough(inOrder.slice(0, count))) {
    if (count === inOrder.length) {
      return [];
    }
    count += 1;
  }
  return inOrder.slice(0, count).reduceRight<readonly T[]>(
    (kept, it) => {
      const without = kept.filter(other => other !== it);
      return areEnough(without) ? without : kept;
    },
    inOrder.slice(0, count)
  );
}
