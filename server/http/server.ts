import { createServer, type Server } from 'node:http';
import type { Socket } from 'node:net';

import type { IApi, Log } from '../daemon/ports';
import { Slots } from '../lib/slots';
import { createApp } from './app';
import { SnapshotFeed } from './feed';

/** A request has to be here, head and whole, within so many ms. Over a Unix socket it is at once. */
const TIMES = { headersTimeout: 5_000, requestTimeout: 10_000, connectionsCheckingInterval: 1_000 };

/**
 * Listen for HTTP; resolves to the undo.
 *
 * #### Notes
 * Never on TCP (API3): who may connect is who may open the socket. When there are as many
 * connections as there may be, a newcomer displaces the oldest that has no request under way,
 * so that requests that never end do not keep `/healthz` from its answer.
 */
export async function listenHttp(
  listen: (server: Server) => Promise<void>,
  api: IApi,
  log: Log,
  connectionsMax: number
): Promise<() => Promise<void>> {
  const feed = new SnapshotFeed(api);
  const server = createServer(TIMES, createApp(api, feed, log));
  limit(server, connectionsMax);
  await listen(server);
  server.on('error', failure => log('error', `api socket: ${failure.message}`));
  return async () => {
    feed.close();
    const closed = new Promise<void>(resolve => server.close(() => resolve()));
    server.closeAllConnections();
    await closed;
  };
}

function limit(server: Server, connectionsMax: number): void {
  const slots = new Slots<Socket>(connectionsMax, it => it.destroy());
  server.on('connection', (socket: Socket) => {
    socket.on('close', () => slots.free(socket));
    slots.take(socket) || socket.destroy();
  });
  server.on('request', ({ socket }, response) => {
    slots.begin(socket);
    response.on('close', () => slots.end(socket));
  });
}
