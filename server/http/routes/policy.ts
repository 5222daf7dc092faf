import { Router } from 'express';

import type { IApi } from '../../daemon/ports';
import { parsePolicy } from '../parse';

/** `GET` and `PUT /policy`: how CPUs are shared, switchable at run time. */
export function policy(api: IApi): Router {
  const inForce = () => ({ policy: api.arbiter.snapshot().node.policy });
  return Router()
    .get('/policy', (_, response) => {
      response.json(inForce());
    })
    .put('/policy', (request, response) => {
      api.administration.choosePolicy(parsePolicy(request));
      response.json(inForce());
    });
}
