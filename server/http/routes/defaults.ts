import { Router } from 'express';

import type { IApi } from '../../daemon/ports';
import type { Caller } from '../../protocol/caller';
import { parseDefaults, parseId } from '../parse';
import { refuse } from '../respond';

/** `GET` and `PUT` of `/defaults` and `/holders/:id/defaults`: the default hints (ADM2). */
export function defaults(api: IApi, caller: Caller): Router {
  const kept = api.defaults;
  return Router()
    .get('/defaults', (_, response) => {
      response.json(kept.ofUser(caller));
    })
    .put('/defaults', async (request, response) => {
      const why = await kept.setUser(parseDefaults(request), caller);
      why ? refuse(response, why) : response.json(kept.ofUser(caller));
    })
    .get('/holders/:id/defaults', (request, response) => {
      const id = parseId(request);
      const why = api.owners.whyNotYours(id, caller);
      why ? refuse(response, why) : response.json(kept.ofKernel(id));
    })
    .put('/holders/:id/defaults', async (request, response) => {
      const id = parseId(request);
      const why =
        api.owners.whyNotYours(id, caller) ?? (await kept.setKernel(id, parseDefaults(request)));
      why ? refuse(response, why) : response.json(kept.ofKernel(id));
    });
}
