/**
 * Hands items to one handler, one at a time, in the order in which they were
 * posted.
 *
 * #### Notes
 * An item posted from within the handler is handled after the current one, before the
 * outermost `post` returns. If the handler throws, the remaining items
 * stay, and are handled first at the next post.
 */
export class Mailbox<T extends object> {
  private readonly items: T[] = [];
  private handling = false;

  constructor(private readonly handle: (item: T) => void) {}

  post(item: T): void {
    this.items.push(item);
    if (this.handling) {
      return;
    }
    this.handling = true;
    try {
      for (let next = this.items.shift(); next; next = this.items.shift()) {
        this.handle(next);
      }
    } finally {
      this.handling = false;
    }
  }
}
