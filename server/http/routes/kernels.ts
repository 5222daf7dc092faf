import { Router, type Response } from 'express';

import type { IApi } from '../../daemon/ports';
import type { Refusal } from '../../protocol/errors';
import { parseId, parseRequest } from '../parse';
import { refuse } from '../respond';

function done(response: Response, why: Refusal | null): void {
  why ? refuse(response, why) : response.status(204).end();
}

/**
 * `GET /kernels`: the kernels and what each holds. Of one that keeps GPU memory
 * without running anything (GPU5): `POST /kernels/:id/free` asks it to give that
 * back; `PUT /kernels/:id/restart-request` asks its owner to restart it, to which
 * `DELETE` says no.
 */
export function kernels(api: IApi): Router {
  const { consent } = api;
  return Router()
    .get('/kernels', (_, response) => {
      response.json(api.snapshot().kernels);
    })
    .post('/kernels/:id/free', (request, response) => {
      done(response, consent.askToFree(parseId(request)));
    })
    .put('/kernels/:id/restart-request', (request, response) => {
      done(response, consent.requestRestart(parseId(request), parseRequest(request)));
    })
    .delete('/kernels/:id/restart-request', (request, response) => {
      done(response, consent.declineRestart(parseId(request)));
    });
}
