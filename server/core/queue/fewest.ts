/** The first in order that are enough together, without those that are not needed; none where all are not enough. */
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
