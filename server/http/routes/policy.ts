import { Router } from 'express';

import type { IApi } from '../../daemon/ports';
import type { Caller } from '../../protocol/caller';
import { parsePolicy } from '../parse';

/** `GET` and `PUT /policy`: how CPUs are shared, switchable at run time. */
export function policy(api: IApi, caller: Caller): Router {
  const inForce = () => ({ policy: api.arbiter.snapshot().node.policy });
  return Router()
    .get('/policy', (_, response) => {
      response.json(inForce());
    })
    .put('/policy', (request, response) => {
      api.administration.choosePolicy(parsePolicy(request), caller);
      response.json(inForce());
    });
}
