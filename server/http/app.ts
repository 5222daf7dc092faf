import express, { Router, raw, type Express } from 'express';

import type { IApi, Log } from '../daemon/ports';
import type { SnapshotFeed } from './feed';
import { BODY_BYTES_MAX } from './parse';
import { errorsToRefusals, unknownRoute } from './respond';
import { claims } from './routes/claims';
import { configuration } from './routes/configuration';
import { defaults } from './routes/defaults';
import { events } from './routes/events';
import { health } from './routes/health';
import { kernels } from './routes/kernels';
import { node } from './routes/node';
import { policy } from './routes/policy';
import { snapshot } from './routes/snapshot';

/**
 * The HTTP API.
 *
 * #### Notes
 * `/healthz` and everything below `/api/v1/`. Whatever is refused is an entry
 * of the catalogue, as `{code, message}` (API1).
 */
export function createApp(api: IApi, feed: SnapshotFeed, log: Log): Express {
  const app = express();
  app.disable('x-powered-by');
  app.disable('etag');
  // As bytes, whatever the content type says: decoders of other charsets, and of compressed
  // bodies, are code that a request could break; parse.ts reads UTF-8 alone.
  app.use(raw({ limit: BODY_BYTES_MAX, type: () => true, inflate: false }));
  app.use(health());
  const v1 = Router();
  for (const routes of [snapshot, node, kernels, claims, defaults, policy, configuration]) {
    v1.use(routes(api));
  }
  v1.use(events(feed));
  app.use('/api/v1', v1);
  app.use(unknownRoute);
  app.use(errorsToRefusals(log));
  return app;
}
