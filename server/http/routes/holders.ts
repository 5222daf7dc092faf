import { Router } from 'express';

import type { IApi } from '../../daemon/ports';
import type { Caller } from '../../protocol/caller';
import { parseCells, parseId, parseRequest } from '../parse';
import { answerText, done, refuse } from '../respond';
import { holdersText, spokenFit } from '../spoken';

/**
 * `GET /holders`: kernels, commands and their children, and what each holds. `POST
 * /holders/:id/fits` returns what would happen to its cells if they ran now. For an idle
 * holder: `DELETE /holders/:id/hold` releases the grant that it keeps (ADM9); `POST
 * /holders/:id/free` asks it to free its GPU memory, and `PUT
 * /holders/:id/restart-request` asks its owner for a restart, which `DELETE`
 * declines (GPU5).
 */
export function holders(api: IApi, caller: Caller): Router {
  const { consent } = api;
  return Router()
    .get('/holders', (_, response) => {
      answerText(response, holdersText(api.arbiter.snapshot().holders));
    })
    .post('/holders/:id/fits', (request, response) => {
      const id = parseId(request);
      const why = api.owners.whyNotYours(id, caller);
      why
        ? refuse(response, why)
        : response.json(parseCells(request).map(cell => spokenFit(api.claims.fit(id, cell))));
    })
    .delete('/holders/:id/hold', (request, response) => {
      done(response, consent.releaseHold(parseId(request), caller));
    })
    .post('/holders/:id/free', (request, response) => {
      done(response, consent.askToFree(parseId(request), caller));
    })
    .put('/holders/:id/restart-request', (request, response) => {
      done(response, consent.requestRestart(parseId(request), parseRequest(request), caller));
    })
    .delete('/holders/:id/restart-request', (request, response) => {
      done(response, consent.declineRestart(parseId(request), caller));
    });
}
