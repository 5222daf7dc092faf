/** How much of all that came and was not heard may be held together, in bytes. */
export const UNFINISHED_BYTES_MAX = 8 * 1024 * 1024;

/** How long a line may take from its first byte to its last, in ms; gates send theirs whole. */
export const UNFINISHED_MS_MAX = 10_000;

/** What has begun a line. */
export interface IWriter {
  close(): void;
}

type Begun = { readonly sinceMs: number; bytes: number };

/**
 * What has begun to come and was not heard, over all connections: lines that have not ended, and
 * those behind others of a flood.
 *
 * #### Notes
 * Bounded in bytes and in time: whoever began first is closed first, for an honest gate's line
 * is whole within a moment, and heard in the next.
 */
export class UnfinishedLines {
  /** In the order in which they began. */
  private readonly begun = new Map<IWriter, Begun>();
  private bytes = 0;

  /** A writer's line in progress holds so many bytes by now; 0 where it has none. */
  note(writer: IWriter, bytes: number, nowMs: number): void {
    const before = this.begun.get(writer);
    this.bytes += bytes - (before?.bytes ?? 0);
    if (bytes === 0) {
      this.begun.delete(writer);
    } else if (before) {
      before.bytes = bytes;
    } else {
      this.begun.set(writer, { sinceMs: nowMs, bytes });
    }
    this.close((_, total) => total > UNFINISHED_BYTES_MAX);
  }

  /** Close those that have taken too long. */
  sweep(nowMs: number): void {
    this.close(({ sinceMs }) => nowMs - sinceMs > UNFINISHED_MS_MAX);
  }

  /** Close the oldest as long as that is called for. */
  private close(isDue: (oldest: Begun, totalBytes: number) => boolean): void {
    for (const [writer, oldest] of this.begun) {
      if (!isDue(oldest, this.bytes)) {
        return;
      }
      this.begun.delete(writer);
      this.bytes -= oldest.bytes;
      writer.close();
    }
  }
}
