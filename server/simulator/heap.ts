import type { Comparator } from '../lib/comparators';

/** A queue whose least entry comes out first. */
export class Heap<T> {
  private readonly entries: T[] = [];

  constructor(private readonly compare: Comparator<T>) {}

  /** The least entry, or undefined. */
  peek(): T | undefined {
    return this.entries[0];
  }

  push(entry: T): void {
    const { entries, compare } = this;
    let at = entries.push(entry) - 1;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (compare(entries[parent]!, entry) <= 0) {
        break;
      }
      entries[at] = entries[parent]!;
      at = parent;
    }
    entries[at] = entry;
  }

  /** Take the least entry out. */
  pop(): T | undefined {
    const { entries } = this;
    const least = entries[0];
    const last = entries.pop();
    if (last !== undefined && entries.length) {
      this.sink(last);
    }
    return least;
  }

  private sink(entry: T): void {
    const { entries, compare } = this;
    let at = 0;
    for (let child = 1; child < entries.length; child = 2 * at + 1) {
      if (child + 1 < entries.length && compare(entries[child + 1]!, entries[child]!) < 0) {
        child += 1;
      }
      if (compare(entry, entries[child]!) <= 0) {
        break;
      }
      entries[at] = entries[child]!;
      at = child;
    }
    entries[at] = entry;
  }
}
