/** How much of all that came and was not heard may be held together, in bytes. */
export const UNFINISHED_BYTES_MAX = 8 * 1024 * 1024;

/** How long a line may take from its first byte to its last, in ms; gates send theirs whole. */
export const UNFINISHED_MS_MAX = 10_000;

/** What has begun a line. */
export interface IWriter {
  close(): void;
}

type Begun = {
  bytes: number;
  /** Since when its end has been awaited; null while a whole line waits to be heard. */
  sinceMs: number | null;
};

/** What a writer has sent and nobody has heard. */
type Unheard = {
  readonly bytes: number;
  /** Whether a whole line is in it: that it waits is ours, and is not held against its writer. */
  readonly isWhole: boolean;
};

/**
 * What has begun to come and was not heard, over all connections: lines that have not ended, and
 * those behind others of a flood.
 *
 * #### Notes
 * Bounded in bytes, whole lines or not: whoever began first is closed first. Bounded in time
 * where a line does not end: an honest gate's line is whole within a moment, but on a busy
 * machine it may wait long until it is heard.
 */
export class UnfinishedLines {
  /** In the order in which they began. */
  private readonly begun = new Map<IWriter, Begun>();
  private bytes = 0;

  /** So much of a writer is held by now; 0 bytes where nothing is. */
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

  /** Close those whose line has taken too long to end. */
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
