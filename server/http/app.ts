import express, { Router, type Express, type RequestHandler } from 'express';

import type { IApi, IHistory, IMetrics, Log } from '../daemon/ports';
import type { Caller } from '../protocol/caller';
import { readBody } from './body';
import type { SnapshotFeed } from './feed';
import { errorsToRefusals, unknownRoute } from './respond';
import { admin } from './routes/admin';
import { claims } from './routes/claims';
import { configuration } from './routes/configuration';
import { culling } from './routes/culling';
import { defaults } from './routes/defaults';
import { events } from './routes/events';
import { history as historyRoutes } from './routes/history';
import { holders } from './routes/holders';
import { hubGroups } from './routes/hubGroups';
import { metrics as metricsRoute } from './routes/metrics';
import { node } from './routes/node';
import { policy } from './routes/policy';
import { snapshot } from './routes/snapshot';

/** The parts of the API. */
export type AppParts = {
  readonly api: IApi;
  readonly history: IHistory;
  readonly metrics: IMetrics;
  /** The user that makes the requests. */
  readonly caller: Caller;
  readonly feed: SnapshotFeed;
  readonly admit: RequestHandler;
  readonly log: Log;
};

/**
 * The HTTP API.
 *
 * #### Notes
 * Everything is below `/api/v1/`. Each refusal is an entry of the catalogue, as
 * `{code, message}` (API1). `admit` limits the number of whole requests.
 */
export function createApp({ api, history, metrics, caller, feed, admit, log }: AppParts): Express {
  const app = express();
  app.disable('x-powered-by');
  app.disable('etag');
  app.use(readBody, admit);
  const v1 = Router();
  for (const routes of [
    node,
    holders,
    claims,
    defaults,
    policy,
    configuration,
    hubGroups,
    culling,
    admin
  ]) {
    v1.use(routes(api, caller));
  }
  v1.use(historyRoutes(history, api.administrators, caller));
  v1.use(snapshot(api), events(feed), metricsRoute(metrics));
  app.use('/api/v1', v1);
  app.use(unknownRoute);
  app.use(errorsToRefusals(log));
  return app;
}
