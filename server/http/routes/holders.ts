import { Router, type Response } from 'express';

import type { IApi } from '../../daemon/ports';
import { refusal, type Refusal } from '../../protocol/errors';
import { BY_REQUEST, parseCells, parseId, parseRequest } from '../parse';
import { answer, answerPart, refuse } from '../respond';

function done(response: Response, why: Refusal | null): void {
  why ? refuse(response, why) : response.status(204).end();
}

/**
 * `GET /holders`: the kernels and what each holds. `POST /holders/:id/fits` tells
 * how cells would fare that it ran now. Of one that runs nothing: `DELETE
 * /holders/:id/hold` gives the grant back that it keeps (ADM9); `POST
 * /holders/:id/free` asks it for its GPU memory, and `PUT
 * /holders/:id/restart-request` its owner for a restart, to which `DELETE` says
 * no (GPU5).
 */
export function holders(api: IApi): Router {
  const { consent } = api;
  return Router()
    .get('/holders', (_, response) => {
      answerPart(response, api.snapshot().holders);
    })
    .post('/holders/:id/fits', (request, response) => {
      const id = parseId(request);
      const fits = api.knows(id) ? parseCells(request).map(cell => api.fit(id, cell)) : null;
      answer(response, fits, refusal('KERNEL_UNKNOWN', { id }));
    })
    .delete('/holders/:id/hold', (request, response) => {
      done(response, consent.releaseHold(parseId(request), BY_REQUEST));
    })
    .post('/holders/:id/free', (request, response) => {
      done(response, consent.askToFree(parseId(request)));
    })
    .put('/holders/:id/restart-request', (request, response) => {
      done(response, consent.requestRestart(parseId(request), parseRequest(request)));
    })
    .delete('/holders/:id/restart-request', (request, response) => {
      done(response, consent.declineRestart(parseId(request)));
    });
}
