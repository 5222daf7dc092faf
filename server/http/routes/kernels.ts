import { Router } from 'express';

import type { IApi } from '../../daemon/ports';

/** `GET /kernels`: the kernels and what each holds. */
export function kernels(api: IApi): Router {
  return Router().get('/kernels', (_, response) => {
    response.json(api.snapshot().kernels);
  });
}
