/**
 * A seeded source of randomness: the same seed gives the same run, everywhere.
 *
 * #### Notes
 * Mulberry32; good enough for choosing test events, not for secrets.
 */
export class RandomSource {
  constructor(readonly seed: number) {
    this._state = seed >>> 0;
  }

  /** From 0 up to, not including, 1. */
  next(): number {
    this._state = (this._state + 0x6d2b79f5) >>> 0;
    let it = this._state;
    it = Math.imul(it ^ (it >>> 15), it | 1);
    it ^= it + Math.imul(it ^ (it >>> 7), it | 61);
    return ((it ^ (it >>> 14)) >>> 0) / 4294967296;
  }

  /** A whole number from `min` to `max`, both included. */
  whole(min: number, max: number): number {
    return min + Math.floor(this.next() * (max - min + 1));
  }

  /** True with this probability. */
  chance(probability: number): boolean {
    return this.next() < probability;
  }

  /** One of these; the list must not be empty. */
  pick<T>(from: readonly T[]): T {
    return from[this.whole(0, from.length - 1)]!;
  }

  private _state: number;
}
