import { Router } from 'express';

import type { IApi } from '../../daemon/ports';

/** `GET /configuration`: the administrator's file, when it was last read, and its problems. */
export function configuration(api: IApi): Router {
  return Router().get('/configuration', (_, response) => {
    response.json(api.administration.view());
  });
}
