import { Router } from 'express';

import type { IApi } from '../../daemon/ports';
import { refusal } from '../../protocol/errors';
import { BY_REQUEST, parseId } from '../parse';
import { answer, answerPart, refuse } from '../respond';

/** `GET /claims`; `GET /claims/:id` with its story (API2); `DELETE /claims/:id` cancels. */
export function claims(api: IApi): Router {
  return Router()
    .get('/claims', (_, response) => {
      answerPart(response, api.arbiter.snapshot().claims);
    })
    .get('/claims/:id', (request, response) => {
      const id = parseId(request);
      answer(response, api.arbiter.story(id), refusal('CLAIM_UNKNOWN', { id }));
    })
    .delete('/claims/:id', (request, response) => {
      const why = api.claims.cancel(parseId(request), BY_REQUEST);
      why ? refuse(response, why) : response.status(204).end();
    });
}
