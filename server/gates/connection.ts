import type { Socket } from 'node:net';

import type { Log } from '../daemon/ports';
import { refusal } from '../protocol/errors';
import { LINE_BYTES_MAX, type SidecarMessage } from '../protocol/gate';
import { LineReader } from './lines';
import type { IChannel } from './records';
import type { Session } from './session';
import type { Heard, ITurnTaker, Turns } from './turns';
import type { IWriter, UnfinishedLines } from './unfinished';

/** One to whom so many bytes are said and who reads none of them is closed. */
const UNREAD_BYTES_MAX = 1024 * 1024;

/** Sends messages over a socket; one that nobody reads is closed. */
export class SocketChannel implements IChannel {
  constructor(private readonly socket: Socket) {}

  send(message: SidecarMessage): void {
    if (!this.socket.writable) {
      return; // lost; what matters is said again at the next hello
    }
    this.socket.write(`${JSON.stringify(message)}\n`);
    if (this.socket.writableLength > UNREAD_BYTES_MAX) {
      this.socket.destroy();
    }
  }

  close(): void {
    this.socket.destroy();
  }
}

/** What connections have in common. */
export type Shared = {
  readonly turns: Turns;
  readonly unfinished: UnfinishedLines;
  readonly nowMs: () => number;
  readonly log: Log;
};

/**
 * What one gate or launcher says, heard line by line in its turn.
 *
 * #### Notes
 * Nothing more is read from it while lines wait to be heard, nor while it does not read what
 * it was answered: whoever floods us fills its own socket. Of one that has not said hello a
 * piece is read only in its turn: reading costs, too.
 */
export class Connection implements ITurnTaker, IWriter {
  private readonly reader = new LineReader();
  private isOver = false;

  /** The socket is paused, as it was accepted. */
  constructor(
    private readonly socket: Socket,
    private readonly session: Session,
    private readonly shared: Shared,
    private readonly onGreeted: () => void
  ) {
    socket.on('data', chunk => this.take(chunk));
    socket.on('drain', () => this.goOn());
    socket.on('close', () => this.end());
    this.shared.turns.offer(this);
  }

  get isGreeted(): boolean {
    return this.session.isGreeted;
  }

  /** Close it: it holds too much that has not been heard, or takes too long to end a line or to read. */
  close(): void {
    this.shared.log('info', 'a connection was closed: its line did not end');
    this.reader.close();
    this.socket.destroy();
  }

  hear(linesMax: number): Heard {
    const hadBytes = this.reader.isLeft && !this.isBackedUp;
    const { lines, refused } = this.hearLines(linesMax);
    const isUseless = hadBytes && (lines === 0 ? !this.isGreeted : refused === linesMax);
    this.noteHeld(lines > 0);
    if (this.isOver && (isUseless || !this.reader.isLeft)) {
      this.finish();
      return 'nothing';
    }
    this.isGreeted && this.onGreeted();
    if (this.isBackedUp) {
      return 'nothing'; // it comes again when it has read
    }
    if (isUseless || this.reader.isLeft) {
      return isUseless ? 'useless' : 'more';
    }
    this.socket.resume();
    return lines > 0 ? 'all' : 'nothing';
  }

  private hearLines(linesMax: number): { readonly lines: number; readonly refused: number } {
    let [lines, refused] = [0, 0];
    while (lines < linesMax && !this.isBackedUp) {
      const line = this.reader.next();
      if (line === null) {
        break;
      }
      lines += 1;
      if (line === 'too long') {
        this.hangUp();
      } else {
        refused += this.session.hear(line.text, line.bytes) ? 0 : 1;
      }
    }
    return { lines, refused };
  }

  /** Whether it leaves unread what it was answered. */
  private get isBackedUp(): boolean {
    return this.socket.writableNeedDrain && !this.socket.destroyed;
  }

  private hangUp(): void {
    this.session.object(refusal('LINE_TOO_LONG', { limit: LINE_BYTES_MAX }));
    this.session.close();
    this.socket.destroySoon();
  }

  private take(chunk: Buffer): void {
    this.socket.pause();
    this.reader.push(chunk);
    this.goOn();
  }

  /** From here on its turn is awaited, not what it does. */
  private goOn(): void {
    this.noteHeld(false);
    this.shared.turns.offer(this);
  }

  /**
   * What it holds counts from the moment on when something of it was heard last. A whole line
   * waits for us, unless we wait until it reads.
   */
  private noteHeld(hasHeard: boolean): void {
    const { unfinished, nowMs } = this.shared;
    hasHeard && unfinished.note(this, { bytes: 0, isWhole: false }, nowMs());
    const held = this.reader.heldBytes;
    const bytes = held && held + this.socket.readableLength;
    const isWhole = this.reader.hasLine && !this.isBackedUp;
    unfinished.note(this, { bytes, isWhole }, nowMs());
  }

  /** It is gone; what it said whole before is still heard. */
  private end(): void {
    this.isOver = true;
    this.shared.turns.offer(this);
  }

  private finish(): void {
    this.reader.close();
    this.noteHeld(true);
    this.session.close();
  }
}
