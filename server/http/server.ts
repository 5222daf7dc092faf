import { createServer } from 'node:http';

import type { Log } from '../daemon/log';
import type { ISidecar } from '../daemon/sidecar';
import { createApp } from './app';
import { SnapshotFeed } from './feed';

/**
 * Listen for HTTP at a socket path that is free; resolves to the undo.
 *
 * #### Notes
 * Never on TCP (API3): who may connect is who may open the socket.
 */
export async function listenHttp(
  path: string,
  sidecar: ISidecar,
  log: Log
): Promise<() => Promise<void>> {
  const feed = new SnapshotFeed(sidecar);
  const server = createServer(createApp(sidecar, feed, log));
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
