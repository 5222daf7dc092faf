/** How many refused attempts of one user are recorded in an hour. */
export const ATTEMPTS_MAX = 20;

const HOUR_MS = 3_600_000;

/** Bounds what others than administrators can add to the audit log: else they could push out what it has. */
export class Attempts {
  private readonly counts = new Map<number, number>();
  private sinceMs = -Infinity;

  /** Whether another attempt of a user is recorded; counts it. */
  isRecorded(uid: number, nowMs: number): boolean {
    if (nowMs - this.sinceMs >= HOUR_MS) {
      this.counts.clear();
      this.sinceMs = nowMs;
    }
    const count = (this.counts.get(uid) ?? 0) + 1;
    this.counts.set(uid, count);
    return count <= ATTEMPTS_MAX;
  }
}
