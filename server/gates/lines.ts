import { LINE_BYTES_MAX } from '../protocol/gate';

const NEWLINE = 10;
const NOTHING = Buffer.alloc(0);

/** The smallest buffer for a line in progress, in bytes. */
const ROOM_BYTES_MIN = 1024;

/** One line, without its end. */
export type Line = { readonly text: string; readonly bytes: number };

/**
 * Cuts a stream of bytes into lines, each on request: unread data costs nothing but its
 * buffer.
 *
 * #### Notes
 * Of a line that has not ended it holds at most {@link LINE_BYTES_MAX} bytes, in a buffer at
 * most twice what has arrived, however small the pieces. Empty lines are skipped. A line that
 * never ends (the connection closes in its middle) is never returned.
 */
export class LineReader {
  /** The line in progress, with room for more of it. */
  private room = NOTHING;
  private usedBytes = 0;
  /** What arrived after that and is not cut yet. */
  private rest = NOTHING;
  private isClosed = false;

  /** What is held, in bytes; 0 between lines. */
  get heldBytes(): number {
    return this.room.length + this.rest.length;
  }

  /** Whether unexamined data is left. */
  get isLeft(): boolean {
    return this.rest.length > 0;
  }

  /** Whether the line in progress, or a later one, ends in the unexamined data. */
  get hasLine(): boolean {
    return this.rest.includes(NEWLINE);
  }

  /** Take the next bytes of the stream. */
  push(chunk: Buffer): void {
    if (!this.isClosed) {
      this.rest = this.rest.length ? Buffer.concat([this.rest, chunk]) : chunk;
    }
  }

  /** The next whole line; null if there is none yet. After one that is too long, nothing more. */
  next(): Line | 'too long' | null {
    while (this.isLeft) {
      const end = this.rest.indexOf(NEWLINE);
      const piece = end < 0 ? this.rest : this.rest.subarray(0, end);
      this.rest = end < 0 ? NOTHING : this.rest.subarray(end + 1);
      if (this.usedBytes + piece.length > LINE_BYTES_MAX) {
        this.close();
        return 'too long';
      }
      if (end < 0) {
        this.keep(piece);
        return null;
      }
      const line = this.whole(piece);
      if (line) {
        return line;
      }
    }
    return null;
  }

  /** Return nothing more. */
  close(): void {
    this.isClosed = true;
    this.rest = NOTHING;
    this.forget();
  }

  /** A line with its last piece; null for an empty one. */
  private whole(tail: Buffer): Line | null {
    let line = tail;
    if (this.usedBytes) {
      this.keep(tail);
      line = this.room.subarray(0, this.usedBytes);
    }
    this.forget();
    return line.length ? { text: line.toString('utf8'), bytes: line.length } : null;
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
}
