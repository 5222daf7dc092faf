import { createServer, type Server, type Socket } from 'node:net';

import type { IGateServices, Log } from '../daemon/ports';
import type { Share } from '../lib/ration';
import { Slots } from '../lib/slots';
import type { Caller } from '../protocol/caller';
import { refusal } from '../protocol/errors';
import { visibilityOf } from '../protocol/visibility';
import { Answers } from './answers';
import { Connection, SocketChannel, type Shared } from './connection';
import { Handler } from './handler';
import { Records } from './records';
import { Session, type SessionParts } from './session';
import { Turns } from './turns';
import { UnfinishedLines } from './unfinished';

/** The interval between checks for lines that do not end, in ms. */
const SWEEP_MS = 1000;

/**
 * The sockets that kernels' gates and launchers connect to: one for each user served.
 *
 * #### Notes
 * Whatever a connection sends harms only itself: each is bounded in what it may leave
 * unfinished or unread, and takes turns with the others. Users take turns, too, each with
 * a limited number of connections: at the limit, a newcomer displaces the oldest of its
 * user's that has not said hello.
 */
export class GateServer {
  private readonly records = new Records();
  private readonly answers = new Answers(this.records);
  private readonly handler: Handler;
  private readonly unfinished = new UnfinishedLines();

  constructor(
    private readonly services: IGateServices,
    private readonly log: Log
  ) {
    services.interpreter.answerTo(this.answers);
    this.handler = new Handler(services, this.records);
  }

  /** Send heartbeats, and drop connections whose lines do not end; returns the undo. */
  begin(): () => void {
    const stopSigns = this.answers.begin();
    const sweeping = setInterval(() => this.unfinished.sweep(performance.now()), SWEEP_MS);
    return () => {
      stopSigns();
      clearInterval(sweeping);
      this.handler.close();
    };
  }

  /** Listen for everyone who may open the socket that `by` opens; resolves to the undo. */
  async listen(
    caller: Caller,
    bounds: GateBounds,
    by: (server: Server) => Promise<void>
  ): Promise<() => Promise<void>> {
    const { services, handler, log, unfinished } = this;
    const turns = new Turns(bounds.turn);
    const shared = { turns, unfinished, nowMs: () => performance.now(), log };
    const visibility = visibilityOf(caller, services.administrators);
    const user = { visibility, claimsMax: bounds.claimsMax, claims: 0 };
    const parts = { services, handler, log, caller, user };
    const entry = new GateEntry(parts, shared, bounds.connectionsMax);
    const server = createServer({ pauseOnConnect: true }, socket => entry.accept(socket));
    await by(server);
    server.on('error', failure => log('error', `gate socket: ${failure.message}`));
    return async () => {
      const closed = new Promise<void>(resolve => server.close(() => resolve()));
      entry.close();
      await closed;
    };
  }
}

/** What the gates of one user may have. */
export type GateBounds = {
  readonly connectionsMax: number;
  /** How many claims may wait or run at once. */
  readonly claimsMax: number;
  /** Their share of the turns of the event loop. */
  readonly turn: Share;
};

/** The connections of one user's gates. */
class GateEntry {
  private readonly sockets = new Set<Socket>();
  private readonly slots: Slots<Socket>;

  constructor(
    private readonly parts: Omit<SessionParts, 'channel'>,
    private readonly shared: Shared,
    private readonly connectionsMax: number
  ) {
    this.slots = new Slots<Socket>(connectionsMax, it => it.destroy());
  }

  accept(socket: Socket): void {
    const { log } = this.parts;
    socket.on('error', failure => log('info', `a gate's connection: ${failure.message}`));
    const session = new Session({ ...this.parts, channel: new SocketChannel(socket) });
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

  close(): void {
    this.sockets.forEach(socket => socket.destroy());
  }
}
