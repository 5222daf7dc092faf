/** A seeded source of numbers in [0, 1). */
export type Random = () => number;

/** Mix two 32-bit numbers into one: neighbouring seeds give unrelated streams. */
function mix(a: number, b: number): number {
  let h = Math.imul(a ^ 0x9e3779b9, 0x85ebca6b) ^ Math.imul(b + 0x7f4a7c15, 0xc2b2ae35);
  h = Math.imul(h ^ (h >>> 16), 0x21f0aaad);
  h = Math.imul(h ^ (h >>> 15), 0x735a2d97);
  return (h ^ (h >>> 15)) >>> 0;
}

/**
 * A stream that depends on nothing but its seeds.
 *
 * #### Notes
 * Each user of each seed has a stream of its own, so that every policy meets
 * exactly the same cells and a further user changes nothing for the others.
 * The generator is mulberry32, 2^32 numbers long.
 */
export function randomSource(...seeds: readonly number[]): Random {
  let state = seeds.reduce(mix, 0x5bd1e995);
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

/** A number from `low` up to `high`. */
export function uniform(random: Random, low: number, high: number): number {
  return low + (high - low) * random();
}

/** A log-normal number: its median, and the standard deviation of its logarithm. */
export function logNormal(random: Random, median: number, sigma: number): number {
  // Box-Muller; 1 - u keeps the logarithm away from zero.
  const radius = Math.sqrt(-2 * Math.log(1 - random()));
  return median * Math.exp(sigma * radius * Math.cos(2 * Math.PI * random()));
}
