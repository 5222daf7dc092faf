import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

import type { IApi, Log } from '../daemon/ports';
import { Ration } from '../lib/ration';
import { Slots } from '../lib/slots';
import type { Caller } from '../protocol/caller';
import { admission } from './admission';
import { createApp } from './app';
import { SnapshotFeed } from './feed';

/** A request has to be here, head and whole, within so many ms. Over a Unix socket it is at once. */
const TIMES = { headersTimeout: 5_000, requestTimeout: 10_000, connectionsCheckingInterval: 1_000 };

/** A connection on which nothing moves for so long is closed, in ms: nobody reads the answer. */
const STILL_MS_MAX = 10_000;

/**
 * One request, and then a pause for cells: a snapshot takes as long as several claims, and while
 * many are made at a stretch nobody new is let in, not even who asks for our health.
 */
const REQUESTS = { ms: 1, jobs: 1, pauseMs: 4 };

/**
 * Listen for HTTP; resolves to the undo.
 *
 * #### Notes
 * Never on TCP (API3): who may connect is who may open the socket, the `caller`. Each connection carries one
 * request: what one sends behind it harms nobody. Requests are answered in their order, a little
 * in each turn of the event loop (API5). When there are as many as there may be, a
 * newcomer displaces the oldest whose request is not whole. `/healthz` is answered in front of
 * everything else, and waits for nothing (API6).
 */
export async function listenHttp(
  listen: (server: Server) => Promise<void>,
  api: IApi,
  caller: Caller,
  log: Log,
  connectionsMax: number
): Promise<() => Promise<void>> {
  const feed = new SnapshotFeed(api.arbiter);
  const slots = new Slots<Socket>(connectionsMax, it => it.destroy());
  const admit = admission(socket => slots.begin(socket));
  const app = createApp({ api, caller, feed, admit, log });
  const turns = new Ration<() => void>(REQUESTS, go => go());
  const server = createServer(TIMES, (request, response) => {
    response.setHeader('connection', 'close');
    if (isHealthAsked(request)) {
      tellHealth(response);
    } else {
      // Whoever has hung up while it waited wants no answer.
      turns.add(() => response.destroyed || app(request, response));
    }
  });
  server.maxRequestsPerSocket = 1;
  server.timeout = STILL_MS_MAX;
  limit(server, slots);
  await listen(server);
  server.on('error', failure => log('error', `api socket: ${failure.message}`));
  return async () => {
    feed.close();
    const closed = new Promise<void>(resolve => server.close(() => resolve()));
    server.closeAllConnections();
    await closed;
  };
}

function isHealthAsked({ method, url }: IncomingMessage): boolean {
  return (method === 'GET' || method === 'HEAD') && url === '/healthz';
}

/** The sidecar answers: that is all. */
function tellHealth(response: ServerResponse): void {
  response.setHeader('content-type', 'application/json; charset=utf-8');
  response.end('{"ok":true}');
}

function limit(server: Server, slots: Slots<Socket>): void {
  server.on('connection', (socket: Socket) => {
    socket.on('close', () => slots.free(socket));
    slots.take(socket) || socket.destroy();
  });
}
