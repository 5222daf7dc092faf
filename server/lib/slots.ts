/**
 * A limited number of slots: a newcomer that finds all taken displaces the oldest that is
 * idle.
 *
 * #### Notes
 * Keeps out those that only take up room: a thousand that connect and send nothing displace
 * each other, never one that is being served. `displace` may free the slot itself, or not.
 */
export class Slots<T> {
  /** The one that has been idle longest first. */
  private readonly idle = new Set<T>();
  private readonly busy = new Set<T>();

  constructor(
    private readonly max: number,
    private readonly displace: (it: T) => void
  ) {}

  /** A newcomer takes a slot, idle at first; false if all others are busy. */
  take(it: T): boolean {
    if (this.idle.size + this.busy.size >= this.max) {
      const [oldest] = this.idle;
      if (oldest === undefined) {
        return false;
      }
      this.idle.delete(oldest);
      this.displace(oldest);
    }
    this.idle.add(it);
    return true;
  }

  /** It is busy now; does nothing if it has no slot. */
  begin(it: T): void {
    this.idle.delete(it) && this.busy.add(it);
  }

  /** It is gone. Idempotent. */
  free(it: T): void {
    this.idle.delete(it) || this.busy.delete(it);
  }
}
