import { Router } from 'express';

import type { IMetrics } from '../../daemon/ports';

/** `GET /metrics`: figures of the node, its claims and its holders, for Prometheus. */
export function metrics(them: IMetrics): Router {
  return Router().get('/metrics', async (_, response) => {
    response.type('text/plain; version=0.0.4').send(await them.text());
  });
}
