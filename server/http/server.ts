import { createServer } from 'node:http';

import type { IApi, Log } from '../daemon/ports';
import { createApp } from './app';
import { SnapshotFeed } from './feed';

/** How many requests and readers of events there may be at once; more are hung up on. */
const CONNECTIONS_MAX = 1024;

/**
 * Listen for HTTP at a socket path that is free; resolves to the undo.
 *
 * #### Notes
 * Never on TCP (API3): who may connect is who may open the socket.
 */
export async function listenHttp(path: string, api: IApi, log: Log): Promise<() => Promise<void>> {
  const feed = new SnapshotFeed(api);
  const server = createServer(createApp(api, feed, log));
  server.maxConnections = CONNECTIONS_MAX;
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(path, resolve);
  });
  server.on('error', failure => log('error', `api socket: ${failure.message}`));
  return async () => {
    feed.close();
    const closed = new Promise<void>(resolve => server.close(() => resolve()));
    server.closeAllConnections();
    await closed;
  };
}
