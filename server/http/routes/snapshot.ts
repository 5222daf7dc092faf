import { Router } from 'express';

import type { IApi } from '../../daemon/ports';

/** `GET /snapshot`: everything at this moment. */
export function snapshot(api: IApi): Router {
  return Router().get('/snapshot', (_, response) => {
    response.json(api.snapshot());
  });
}
