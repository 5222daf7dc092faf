import { LINE_BYTES_MAX } from '../protocol/gate';

const NEWLINE = 10;
const NOTHING = Buffer.alloc(0);

/** The least that is set aside for a line in progress, in bytes. */
const ROOM_BYTES_MIN = 1024;

/** Hears the lines of one connection. */
export interface ILineListener {
  onLine(text: string, bytes: number): void;
  /** The line in progress is longer than is read; nothing more is heard. */
  onTooLong(): void;
}

/**
 * Cuts a stream of bytes into lines.
 *
 * #### Notes
 * Holds at most {@link LINE_BYTES_MAX} bytes, and at most twice what has come of a line,
 * however small the pieces are that it comes in. Empty lines are passed over. A line that never
 * ends (the connection closes in its middle) is never heard.
 */
export class LineReader {
  /** The line in progress, and room for more of it. */
  private room = NOTHING;
  private usedBytes = 0;
  private isClosed = false;

  constructor(private readonly listener: ILineListener) {}

  /** What is held for the line in progress, in bytes; 0 between lines. */
  get heldBytes(): number {
    return this.room.length;
  }

  /** Take the next bytes of the stream. */
  push(chunk: Buffer): void {
    let start = 0;
    for (let end = chunk.indexOf(NEWLINE); end >= 0; end = chunk.indexOf(NEWLINE, start)) {
      this.hear(chunk.subarray(start, end));
      start = end + 1;
    }
    if (start < chunk.length && !this.exceeds(chunk.length - start)) {
      this.keep(chunk.subarray(start));
    }
  }

  /** Hear nothing more. */
  close(): void {
    this.isClosed = true;
    this.forget();
  }

  private hear(tail: Buffer): void {
    if (this.exceeds(tail.length)) {
      return;
    }
    let line = tail;
    if (this.usedBytes) {
      this.keep(tail);
      line = this.room.subarray(0, this.usedBytes);
    }
    this.forget();
    if (line.length) {
      this.listener.onLine(line.toString('utf8'), line.length);
    }
  }

  private keep(piece: Buffer): void {
    const bytes = this.usedBytes + piece.length;
    if (bytes > this.room.length) {
      const larger = Math.min(LINE_BYTES_MAX, Math.max(ROOM_BYTES_MIN, 2 * bytes));
      const room = Buffer.allocUnsafeSlow(larger);
      this.room.copy(room, 0, 0, this.usedBytes);
      this.room = room;
    }
    piece.copy(this.room, this.usedBytes);
    this.usedBytes = bytes;
  }

  private forget(): void {
    this.room = NOTHING;
    this.usedBytes = 0;
  }

  private exceeds(bytes: number): boolean {
    if (!this.isClosed && this.usedBytes + bytes > LINE_BYTES_MAX) {
      this.close();
      this.listener.onTooLong();
    }
    return this.isClosed;
  }
}
