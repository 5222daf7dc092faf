import { Router } from 'express';

import type { ISidecar } from '../../daemon/sidecar';

/** `GET /node`: what may be handed out, and what is used of it. */
export function node(sidecar: ISidecar): Router {
  return Router().get('/node', (_, response) => {
    response.json(sidecar.snapshot().node);
  });
}
