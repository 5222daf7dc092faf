import { Router } from 'express';

import type { ISidecar } from '../../daemon/sidecar';

/** `GET /snapshot`: everything at this moment. */
export function snapshot(sidecar: ISidecar): Router {
  return Router().get('/snapshot', (_, response) => {
    response.json(sidecar.snapshot());
  });
}
