import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

import type { IApi, IHistory, IMetrics, Log } from '../daemon/ports';
import { Ration } from '../lib/ration';
import { Slots } from '../lib/slots';
import type { Caller } from '../protocol/caller';
import { admission } from './admission';
import { createApp } from './app';
import { SnapshotFeed } from './feed';
import { seenBy } from './seen';

/** Time limits for a whole request, head and body, in ms. Over a Unix socket it arrives at once. */
const TIMES = { headersTimeout: 5_000, requestTimeout: 10_000, connectionsCheckingInterval: 1_000 };

/** A connection that is idle for this long is closed, in ms: nobody reads the answer. */
const STILL_MS_MAX = 10_000;

/**
 * One request, then a pause for cells: a snapshot takes as long as several claims, and while
 * many are made in a row no connection is accepted, not even a health check.
 */
const REQUESTS = { ms: 1, jobs: 1, pauseMs: 4 };

/** What requests are answered from. */
export type ApiParts = {
  readonly api: IApi;
  readonly history: IHistory;
  readonly metrics: IMetrics;
  readonly log: Log;
};

/**
 * Listen for HTTP from everyone who may open the socket; resolves to the undo.
 *
 * #### Notes
 * Never on TCP (API3): the `caller` is the user who may open the socket. Each connection carries
 * one request, so that anything sent after it is harmless. Requests are answered in order, a few
 * in each turn of the event loop (API5). At the limit of connections, a
 * newcomer displaces the oldest whose request is not whole. `/healthz` and `/readyz` are
 * answered ahead of everything else, without waiting (API6).
 */
export async function listenHttp(
  listen: (server: Server) => Promise<void>,
  { api, history, metrics, log }: ApiParts,
  caller: Caller,
  connectionsMax: number
): Promise<() => Promise<void>> {
  const seen = seenBy(caller, api);
  const feed = new SnapshotFeed(seen.arbiter);
  const slots = new Slots<Socket>(connectionsMax, it => it.destroy());
  const admit = admission(socket => slots.begin(socket));
  const app = createApp({ api: seen, history, metrics, caller, feed, admit, log });
  const turns = new Ration<() => void>(REQUESTS, go => go());
  const server = createServer(TIMES, (request, response) => {
    response.setHeader('connection', 'close');
    const answer = isAsked(request) ? PROBES[request.url ?? ''] : undefined;
    if (answer) {
      respond(response, answer(api));
    } else {
      // A client that hung up while it waited needs no answer.
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

type Answer = { readonly status: number; readonly body: object };

/** Probes for supervisors: the sidecar answers, and knows again who holds what. */
const PROBES: Readonly<Record<string, (api: IApi) => Answer>> = {
  '/healthz': () => ({ status: 200, body: { ok: true } }),
  '/readyz': ({ reconciliation }) =>
    reconciliation.isOver
      ? { status: 200, body: { ok: true } }
      : {
          status: 503,
          body: { ok: false, why: 'Kernels have not yet said what they hold since the restart.' }
        }
};

function isAsked({ method }: IncomingMessage): boolean {
  return method === 'GET' || method === 'HEAD';
}

function respond(response: ServerResponse, { status, body }: Answer): void {
  response.writeHead(status, { 'content-type': 'application/json; charset=utf-8' });
  response.end(JSON.stringify(body));
}

function limit(server: Server, slots: Slots<Socket>): void {
  server.on('connection', (socket: Socket) => {
    socket.on('close', () => slots.free(socket));
    slots.take(socket) || socket.destroy();
  });
}
