import { Router } from 'express';

import type { ISidecar } from '../../daemon/sidecar';
import { parsePolicy } from '../parse';

/** `GET` and `PUT /policy`: how CPUs are shared, switchable at run time. */
export function policy(sidecar: ISidecar): Router {
  const inForce = () => ({ policy: sidecar.snapshot().node.policy });
  return Router()
    .get('/policy', (_, response) => {
      response.json(inForce());
    })
    .put('/policy', (request, response) => {
      sidecar.choosePolicy(parsePolicy(request));
      response.json(inForce());
    });
}
