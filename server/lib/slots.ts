/**
 * So many at once: whoever comes when all are taken displaces the oldest that has nothing
 * under way.
 *
 * #### Notes
 * Keeps those out who only fill room: a thousand that connect and say nothing displace each
 * other, never one that is being served. `displace` may free the slot itself, or not.
 */
export class Slots<T> {
  /** The one that has been idle longest first. */
  private readonly idle = new Set<T>();
  private readonly busy = new Set<T>();

  constructor(
    private readonly max: number,
    private readonly displace: (it: T) => void
  ) {}

  /** A newcomer takes a slot, idle at first; false where all others are busy. */
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

  /** It has something under way; nothing where it has no slot. */
  begin(it: T): void {
    this.idle.delete(it) && this.busy.add(it);
  }

  /** It is gone. Idempotent. */
  free(it: T): void {
    this.idle.delete(it) || this.busy.delete(it);
  }
}
