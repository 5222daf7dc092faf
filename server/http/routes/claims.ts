import { Router } from 'express';

import type { ISidecar } from '../../daemon/sidecar';
import { refusal } from '../../protocol/errors';
import { parseId } from '../parse';
import { answer, refuse } from '../respond';

/** Who cancels, where somebody asks for it over HTTP. */
const BY_REQUEST = 'request';

/** `GET /claims`; `GET /claims/:id` with its story (API2); `DELETE /claims/:id` cancels. */
export function claims(sidecar: ISidecar): Router {
  return Router()
    .get('/claims', (_, response) => {
      response.json(sidecar.snapshot().claims);
    })
    .get('/claims/:id', (request, response) => {
      const id = parseId(request);
      answer(response, sidecar.story(id), refusal('CLAIM_UNKNOWN', { id }));
    })
    .delete('/claims/:id', (request, response) => {
      const why = sidecar.cancel(parseId(request), BY_REQUEST);
      why ? refuse(response, why) : response.status(204).end();
    });
}
