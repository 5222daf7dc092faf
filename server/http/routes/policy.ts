import { Router } from 'express';

import type { IApi } from '../../daemon/ports';
import type { Caller } from '../../protocol/caller';
import { parsePolicy } from '../parse';
import { refuse } from '../respond';

/** `GET` and `PUT /policy`: how CPUs are shared, switchable at run time. */
export function policy(api: IApi, caller: Caller): Router {
  const inForce = () => ({ policy: api.arbiter.snapshot().node.policy });
  return Router()
    .get('/policy', (_, response) => {
      response.json(inForce());
    })
    .put('/policy', async (request, response) => {
      const policy = parsePolicy(request);
      const why = await api.actions.choosePolicy(policy, caller);
      why ? refuse(response, why) : response.json(inForce());
    });
}
