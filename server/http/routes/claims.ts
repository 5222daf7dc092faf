import { Router } from 'express';

import type { IApi } from '../../daemon/ports';
import { refusal } from '../../protocol/errors';
import { BY_REQUEST, parseId } from '../parse';
import { answer, answerText, refuse } from '../respond';
import { claimsText, spokenStory } from '../spoken';

/** `GET /claims`; `GET /claims/:id` with its story (API2); `DELETE /claims/:id` cancels. */
export function claims(api: IApi): Router {
  return Router()
    .get('/claims', (_, response) => {
      answerText(response, claimsText(api.snapshot().claims));
    })
    .get('/claims/:id', (request, response) => {
      const id = parseId(request);
      const story = api.story(id);
      answer(response, story && spokenStory(story), refusal('CLAIM_UNKNOWN', { id }));
    })
    .delete('/claims/:id', (request, response) => {
      const why = api.cancel(parseId(request), BY_REQUEST);
      why ? refuse(response, why) : response.status(204).end();
    });
}
