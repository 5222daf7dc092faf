import { Router } from 'express';

import type { ISidecar } from '../../daemon/sidecar';

/** `GET /kernels`: the kernels and what each holds. */
export function kernels(sidecar: ISidecar): Router {
  return Router().get('/kernels', (_, response) => {
    response.json(sidecar.snapshot().kernels);
  });
}
