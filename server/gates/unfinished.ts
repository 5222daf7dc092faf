/** How much unprocessed input may be held over all connections, in bytes. */
export const UNFINISHED_BYTES_MAX = 8 * 1024 * 1024;

/** How long a line may take from its first byte to its last, in ms; gates send theirs whole. */
export const UNFINISHED_MS_MAX = 10_000;

/** A connection that has begun a line. */
export interface IWriter {
  close(): void;
}

type Begun = {
  bytes: number;
  /** Since when we wait for the end of its line; null while a whole line waits for processing. */
  sinceMs: number | null;
};

/** The unprocessed input of a writer. */
type Unheard = {
  readonly bytes: number;
  /** Whether it contains a whole line: that it waits is our doing, not its writer's. */
  readonly isWhole: boolean;
};

/**
 * Unprocessed input, over all connections: lines that have not ended, and lines behind others
 * in a flood.
 *
 * #### Notes
 * Bounded in bytes, whole lines or not: the writer that began first is closed first. Bounded in
 * time for lines that do not end: an honest gate's line arrives whole within a moment, but on a
 * busy machine it may wait long for processing.
 */
export class UnfinishedLines {
  /** In the order in which they began. */
  private readonly begun = new Map<IWriter, Begun>();
  private bytes = 0;

  /** Record how much of a writer is held now; 0 bytes for none. */
  note(writer: IWriter, { bytes, isWhole }: Unheard, nowMs: number): void {
    const before = this.begun.get(writer);
    const sinceMs = isWhole ? null : (before?.sinceMs ?? nowMs);
    this.bytes += bytes - (before?.bytes ?? 0);
    if (bytes === 0) {
      this.begun.delete(writer);
    } else if (before) {
      Object.assign(before, { bytes, sinceMs });
    } else {
      this.begun.set(writer, { bytes, sinceMs });
    }
    for (const [oldest] of this.begun) {
      if (this.bytes <= UNFINISHED_BYTES_MAX) {
        return;
      }
      this.close(oldest);
    }
  }

  /** Close the writers whose line takes too long to end. */
  sweep(nowMs: number): void {
    for (const [writer, { sinceMs }] of this.begun) {
      if (sinceMs !== null && nowMs - sinceMs > UNFINISHED_MS_MAX) {
        this.close(writer);
      }
    }
  }

  private close(writer: IWriter): void {
    this.bytes -= this.begun.get(writer)?.bytes ?? 0;
    this.begun.delete(writer);
    writer.close();
  }
}
