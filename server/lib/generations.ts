/**
 * A map that remembers what was set lately: at least the last `generation` keys, at most twice as
 * many.
 *
 * #### Notes
 * Keys are not dropped one by one, because a `Map` from which the first key is deleted again and again
 * searches for its next one ever longer: the older half is dropped at once.
 */
export class Generations<T> {
  private young = new Map<string, T>();
  private old = new Map<string, T>();

  constructor(private readonly generation: number) {}

  /** How many keys are known. */
  get size(): number {
    let older = 0;
    this.old.forEach((_, key) => (older += this.young.has(key) ? 0 : 1));
    return this.young.size + older;
  }

  get(key: string): T | undefined {
    return this.young.get(key) ?? this.old.get(key);
  }

  /** Set a key, which counts as the newest then. */
  set(key: string, value: T): void {
    this.young.set(key, value);
    if (this.young.size >= this.generation) {
      this.old = this.young;
      this.young = new Map();
    }
  }
}
