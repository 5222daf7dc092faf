/** A clock that only moves when told to. */
export class SimulatedClock {
  constructor(private _nowMs = 1_000_000) {}

  /** Milliseconds since the epoch. */
  get nowMs(): number {
    return this._nowMs;
  }

  /** Move on; never back. */
  advance(ms: number): number {
    this._nowMs += Math.max(0, ms);
    return this._nowMs;
  }
}
