import { createServer, type Server, type Socket } from 'node:net';

import type { IGateServices, Log } from '../daemon/ports';
import { Slots } from '../lib/slots';
import type { Caller } from '../protocol/caller';
import { refusal } from '../protocol/errors';
import { Answers } from './answers';
import { Connection, SocketChannel, type Shared } from './connection';
import { Handler } from './handler';
import { Records } from './records';
import { Session } from './session';
import { Turns } from './turns';
import { UnfinishedLines } from './unfinished';

/** How often lines that do not end are looked for, in ms. */
const SWEEP_MS = 1000;

/**
 * The socket that kernels' gates and launchers connect to.
 *
 * #### Notes
 * Whatever a connection sends harms only itself: each is bounded in what it may leave
 * unfinished or unread, and heard in turn with the others. When there are as many as there may
 * be, a newcomer displaces the oldest that has not said hello.
 */
export class GateServer {
  private readonly records = new Records();
  private readonly answers = new Answers(this.records);
  private readonly handler: Handler;
  private readonly server: Server;
  private readonly sockets = new Set<Socket>();
  private readonly slots: Slots<Socket>;
  private readonly shared: Shared;

  constructor(
    private readonly services: IGateServices,
    /** Whoever connects. */
    private readonly caller: Caller,
    private readonly log: Log,
    private readonly connectionsMax: number
  ) {
    services.interpreter.answerTo(this.answers);
    this.handler = new Handler(services, this.records);
    this.slots = new Slots<Socket>(connectionsMax, it => it.destroy());
    this.shared = {
      turns: new Turns(),
      unfinished: new UnfinishedLines(),
      nowMs: () => performance.now(),
      log
    };
    this.server = createServer({ pauseOnConnect: true }, socket => this.accept(socket));
  }

  /** Listen by these means; resolves to the undo. */
  async listen(by: (server: Server) => Promise<void>): Promise<() => Promise<void>> {
    await by(this.server);
    this.server.on('error', failure => this.log('error', `gate socket: ${failure.message}`));
    const stopSigns = this.answers.begin();
    const { unfinished, nowMs } = this.shared;
    const sweeping = setInterval(() => unfinished.sweep(nowMs()), SWEEP_MS);
    return async () => {
      stopSigns();
      clearInterval(sweeping);
      this.handler.close();
      const closed = new Promise<void>(resolve => this.server.close(() => resolve()));
      this.sockets.forEach(socket => socket.destroy());
      await closed;
    };
  }

  private accept(socket: Socket): void {
    socket.on('error', failure => this.log('info', `a gate's connection: ${failure.message}`));
    const { services, caller, handler, log } = this;
    const session = new Session({
      services,
      caller,
      handler,
      channel: new SocketChannel(socket),
      log
    });
    if (!this.slots.take(socket)) {
      session.object(refusal('TOO_MANY', { limit: this.connectionsMax, what: 'connections' }));
      socket.destroySoon();
      return;
    }
    this.sockets.add(socket);
    socket.on('close', () => {
      this.sockets.delete(socket);
      this.slots.free(socket);
    });
    new Connection(socket, session, this.shared, () => this.slots.begin(socket));
  }
}
