import { LINE_BYTES_MAX } from '../protocol/gate';

const NEWLINE = 10;

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
 * Holds at most {@link LINE_BYTES_MAX} bytes. Empty lines are passed over. A
 * line that never ends (the connection closes in its middle) is never heard.
 */
export class LineReader {
  private pending: Buffer[] = [];
  private pendingBytes = 0;
  private isClosed = false;

  constructor(private readonly listener: ILineListener) {}

  /** Take the next bytes of the stream. */
  push(chunk: Buffer): void {
    let start = 0;
    for (let end = chunk.indexOf(NEWLINE); end >= 0; end = chunk.indexOf(NEWLINE, start)) {
      this.hear(chunk.subarray(start, end));
      start = end + 1;
    }
    if (start < chunk.length && !this.exceeds(chunk.length - start)) {
      this.pending.push(chunk.subarray(start));
      this.pendingBytes += chunk.length - start;
    }
  }

  /** Hear nothing more. */
  close(): void {
    this.isClosed = true;
    this.pending = [];
    this.pendingBytes = 0;
  }

  private hear(tail: Buffer): void {
    if (this.exceeds(tail.length)) {
      return;
    }
    const line = this.pending.length ? Buffer.concat([...this.pending, tail]) : tail;
    this.pending = [];
    this.pendingBytes = 0;
    if (line.length) {
      this.listener.onLine(line.toString('utf8'), line.length);
    }
  }

  private exceeds(bytes: number): boolean {
    if (!this.isClosed && this.pendingBytes + bytes > LINE_BYTES_MAX) {
      this.close();
      this.listener.onTooLong();
    }
    return this.isClosed;
  }
}
