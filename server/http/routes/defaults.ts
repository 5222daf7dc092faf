import { Router } from 'express';

import type { IApi } from '../../daemon/ports';
import type { Caller } from '../../protocol/caller';
import { refusal } from '../../protocol/errors';
import { parseDefaults, parseId } from '../parse';
import { answer, refuse } from '../respond';

/** `GET` and `PUT` of `/defaults` and `/holders/:id/defaults`: what counts where a cell is silent (ADM2). */
export function defaults(api: IApi, caller: Caller): Router {
  const kept = api.defaults;
  const ofKernel = (id: string) => (api.holders.has(id) ? kept.ofKernel(id) : null);
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
      answer(response, ofKernel(id), refusal('HOLDER_UNKNOWN', { id }));
    })
    .put('/holders/:id/defaults', async (request, response) => {
      const id = parseId(request);
      const why =
        api.holders.whyNotYours(id, caller) ?? (await kept.setKernel(id, parseDefaults(request)));
      why ? refuse(response, why) : response.json(kept.ofKernel(id));
    });
}
