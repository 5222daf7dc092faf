import { createServer, type Server, type Socket } from 'node:net';

import type { IGateKeeper, Log } from '../daemon/ports';
import { refusal } from '../protocol/errors';
import { LINE_BYTES_MAX, type SidecarMessage } from '../protocol/gate';
import { Answers } from './answers';
import { Desk } from './desk';
import { LineReader } from './lines';
import { Records, type IVoice } from './records';
import { Session } from './session';

/** How many gates and launchers may be connected at once. */
export const CONNECTIONS_MAX = 4096;

/** A gate that lets so many bytes pile up unread does not read any more. */
const UNREAD_BYTES_MAX = 4 * 1024 * 1024;

/** Sends messages over a socket; one that nobody reads is closed. */
class SocketVoice implements IVoice {
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

/**
 * The socket that kernels' gates and launchers connect to.
 *
 * #### Notes
 * Whatever a connection sends harms only itself.
 */
export class GateServer {
  private readonly sockets = new Set<Socket>();
  private readonly records = new Records();
  private readonly answers = new Answers(this.records);
  private readonly desk: Desk;
  private readonly server: Server;

  constructor(
    private readonly keeper: IGateKeeper,
    private readonly log: Log
  ) {
    keeper.answerTo(this.answers);
    this.desk = new Desk(keeper, this.records);
    this.server = createServer({ noDelay: true }, socket => this.accept(socket));
  }

  /** Listen at a path that is free; resolves to the undo. */
  async listen(path: string): Promise<() => Promise<void>> {
    await new Promise<void>((resolve, reject) => {
      this.server.once('error', reject);
      this.server.listen(path, resolve);
    });
    this.server.on('error', failure => this.log('error', `gate socket: ${failure.message}`));
    const stopSigns = this.answers.begin();
    return async () => {
      stopSigns();
      this.desk.close();
      const closed = new Promise<void>(resolve => this.server.close(() => resolve()));
      this.sockets.forEach(socket => socket.destroy());
      await closed;
    };
  }

  private accept(socket: Socket): void {
    socket.on('error', failure => this.log('info', `a gate's connection: ${failure.message}`));
    const voice = new SocketVoice(socket);
    const session = new Session(this.keeper, this.desk, voice, this.log);
    if (this.sockets.size >= CONNECTIONS_MAX) {
      session.object(refusal('TOO_MANY', { limit: CONNECTIONS_MAX, what: 'connections' }));
      socket.destroySoon();
      return;
    }
    this.sockets.add(socket);
    const reader = new LineReader({
      onLine: (text, bytes) => session.hear(text, bytes),
      onTooLong: () => {
        session.object(refusal('LINE_TOO_LONG', { limit: LINE_BYTES_MAX }));
        session.close();
        socket.destroySoon();
      }
    });
    socket.on('data', chunk => reader.push(chunk));
    socket.on('close', () => {
      this.sockets.delete(socket);
      reader.close();
      session.close();
    });
  }
}
