/** One who drinks: wants at most `demand`, and counts `weight` times. */
export type Drinker = { readonly demand: number; readonly weight: number };

/**
 * The level of weighted max-min: each gets `min(demand, weight * level)` and
 * together `capacity`; Infinity where all demands are met (CPU3).
 */
export function waterLevel(drinkers: readonly Drinker[], capacity: number): number {
  const order = [...drinkers].sort((a, b) => a.demand / a.weight - b.demand / b.weight);
  let left = capacity;
  let weight = order.reduce((sum, it) => sum + it.weight, 0);
  for (const it of order) {
    const level = left / weight;
    if (it.demand >= it.weight * level) {
      return level;
    }
    left -= it.demand;
    weight -= it.weight;
  }
  return Infinity;
}
