/**
 * Share `capacity` by weight, nobody above its cap: weighted max-min.
 *
 * #### Notes
 * Writes into `shares`, which is as long as `weights` and `caps`. Nothing is
 * left over while somebody is below its cap. Weights are above zero. Returns
 * the level, CPUs per weight, of those below their caps; Infinity if nobody is.
 */
export function waterFill(
  weights: ArrayLike<number>,
  caps: ArrayLike<number>,
  capacity: number,
  shares: Float64Array
): number {
  const count = weights.length;
  let left = capacity;
  let weightLeft = 0;
  for (let i = 0; i < count; i += 1) {
    shares[i] = -1;
    weightLeft += weights[i]!;
  }
  for (let capped = true; capped;) {
    capped = false;
    const level = weightLeft > 0 ? left / weightLeft : 0;
    for (let i = 0; i < count; i += 1) {
      if (shares[i]! < 0 && caps[i]! <= level * weights[i]!) {
        shares[i] = caps[i]!;
        left -= caps[i]!;
        weightLeft -= weights[i]!;
        capped = true;
      }
    }
  }
  const level = Math.max(0, left) / weightLeft;
  let isCapped = true;
  for (let i = 0; i < count; i += 1) {
    if (shares[i]! < 0) {
      shares[i] = level * weights[i]!;
      isCapped = false;
    }
  }
  return isCapped ? Infinity : level;
}

/**
 * What is left of each CPU-second of a cell whose CPUs are crowded: `beta` is
 * lost for each thread too many per CPU.
 *
 * #### Notes
 * It is lost to waiting for threads that do not run (barriers, spinning, locks)
 * and to cold caches, so a cell of one thread loses nothing.
 */
export function crowdingEfficiency(beta: number, threads: number, threadsPerCpu: number): number {
  return threads > 1 ? 1 / (1 + beta * Math.max(0, threadsPerCpu - 1)) : 1;
}
