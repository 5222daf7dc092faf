import type { Socket } from 'node:net';

import type { Log } from '../daemon/ports';
import { refusal } from '../protocol/errors';
import { LINE_BYTES_MAX, type SidecarMessage } from '../protocol/gate';
import { LineReader } from './lines';
import type { IChannel } from './records';
import type { Session } from './session';
import type { Heard, ITurnTaker, Turns } from './turns';
import type { IWriter, UnfinishedLines } from './unfinished';

/** A connection that leaves this many bytes unread is closed. */
const UNREAD_BYTES_MAX = 1024 * 1024;

/** Sends messages over a socket; closes it if the peer does not read. */
export class SocketChannel implements IChannel {
  constructor(private readonly socket: Socket) {}

  send(message: SidecarMessage): void {
    if (!this.socket.writable) {
      return; // lost; what matters is sent again at the next hello
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

/** What connections share. */
export type Shared = {
  readonly turns: Turns;
  readonly unfinished: UnfinishedLines;
  readonly nowMs: () => number;
  readonly log: Log;
};

/**
 * One gate's or launcher's connection: its lines are processed one by one, in its turn.
 *
 * #### Notes
 * Nothing more is read from it while lines wait to be processed, or while it does not read its
 * answers: a flooding peer fills its own socket. Before its hello a connection is read
 * only in its turn, because reading has a cost, too.
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

  /** Close it: it holds too much unprocessed data, or takes too long to end a line or to read. */
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
      return 'nothing'; // it is queued again when it has read
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

  /** Whether the peer leaves its answers unread. */
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

  /** From here on it waits for its turn, not for the peer. */
  private goOn(): void {
    this.noteHeld(false);
    this.shared.turns.offer(this);
  }

  /**
   * The age of what it holds counts from the last time anything of it was processed. A whole line
   * waits for us, unless we wait for the peer to read.
   */
  private noteHeld(hasHeard: boolean): void {
    const { unfinished, nowMs } = this.shared;
    hasHeard && unfinished.note(this, { bytes: 0, isWhole: false }, nowMs());
    const held = this.reader.heldBytes;
    const bytes = held && held + this.socket.readableLength;
    const isWhole = this.reader.hasLine && !this.isBackedUp;
    unfinished.note(this, { bytes, isWhole }, nowMs());
  }

  /** The peer is gone; whole lines that it sent before are still processed. */
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
