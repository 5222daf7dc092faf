import type { Socket } from 'node:net';

import type { Log } from '../daemon/ports';
import { refusal } from '../protocol/errors';
import { LINE_BYTES_MAX, type SidecarMessage } from '../protocol/gate';
import { LineReader } from './lines';
import type { IVoice } from './records';
import type { Session } from './session';
import type { ISpeaker, Turns } from './turns';
import type { IWriter, UnfinishedLines } from './unfinished';

/** One to whom so many bytes are said and who reads none of them is closed. */
const UNREAD_BYTES_MAX = 1024 * 1024;

/** Sends messages over a socket; one that nobody reads is closed. */
export class SocketVoice implements IVoice {
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
 * it was answered: whoever floods us fills its own socket.
 */
export class Connection implements ISpeaker, IWriter {
  private readonly reader: LineReader;
  /** What it has said and is still to be heard, from the place on that `heard` names. */
  private said: (() => void)[] = [];
  private heard = 0;
  private isOver = false;

  constructor(
    private readonly socket: Socket,
    private readonly session: Session,
    private readonly shared: Shared,
    private readonly onGreeted: () => void
  ) {
    this.reader = new LineReader({
      onLine: (text, bytes) => this.said.push(() => session.hear(text, bytes)),
      onTooLong: () => this.said.push(() => this.hangUp())
    });
    socket.on('data', chunk => this.take(chunk));
    socket.on('drain', () => this.shared.turns.offer(this));
    socket.on('close', () => this.end());
  }

  get isGreeted(): boolean {
    return this.session.isGreeted;
  }

  /** Close it: its line takes too long. */
  close(): void {
    this.shared.log('info', 'a connection was closed: its line did not end');
    this.socket.destroy();
  }

  hear(linesMax: number): boolean {
    for (let count = 0; count < linesMax && this.isLeft && !this.isBackedUp; count += 1) {
      this.said[this.heard++]!();
    }
    if (!this.isLeft) {
      this.said = [];
      this.heard = 0;
      this.isOver && this.session.close();
    }
    this.isGreeted && this.onGreeted();
    this.isLeft || this.isBackedUp ? this.socket.pause() : this.socket.resume();
    return this.isLeft && !this.isBackedUp;
  }

  private get isLeft(): boolean {
    return this.heard < this.said.length;
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
    const { turns, unfinished, nowMs } = this.shared;
    this.reader.push(chunk);
    unfinished.note(this, this.reader.heldBytes, nowMs());
    turns.offer(this);
  }

  /** It is gone; what it said whole before is still heard. */
  private end(): void {
    const { turns, unfinished, nowMs } = this.shared;
    this.isOver = true;
    this.reader.close();
    unfinished.note(this, 0, nowMs());
    turns.offer(this);
  }
}
