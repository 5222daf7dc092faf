import { Router } from 'express';

import type { IApi } from '../../daemon/ports';
import type { Caller } from '../../protocol/caller';
import { refusal } from '../../protocol/errors';
import { parseId } from '../parse';
import { answer, answerPart, refuse } from '../respond';

/** `GET /claims`; `GET /claims/:id` with its story (API2); `DELETE /claims/:id` cancels. */
export function claims(api: IApi, caller: Caller): Router {
  return Router()
    .get('/claims', (_, response) => {
      answerPart(response, api.snapshot().claims);
    })
    .get('/claims/:id', (request, response) => {
      const id = parseId(request);
      answer(response, api.story(id), refusal('CLAIM_UNKNOWN', { id }));
    })
    .delete('/claims/:id', (request, response) => {
      const why = api.cancel(parseId(request), caller);
      why ? refuse(response, why) : response.status(204).end();
    });
}
