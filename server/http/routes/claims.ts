import { Router } from 'express';

import type { IApi } from '../../daemon/ports';
import type { Caller } from '../../protocol/caller';
import { refusal } from '../../protocol/errors';
import { parseId } from '../parse';
import { answer, answerText, done } from '../respond';
import { claimsText, spokenStory } from '../spoken';

/** `GET /claims`; `GET /claims/:id` with its story (API2); `DELETE /claims/:id` cancels; `POST /claims/:id/move-up` (ADM15). */
export function claims(api: IApi, caller: Caller): Router {
  return Router()
    .get('/claims', (_, response) => {
      answerText(response, claimsText(api.arbiter.snapshot().claims));
    })
    .get('/claims/:id', (request, response) => {
      const id = parseId(request);
      const story = api.arbiter.story(id);
      answer(response, story && spokenStory(story), refusal('CLAIM_UNKNOWN', { id }));
    })
    .post('/claims/:id/move-up', (request, response) => {
      done(response, api.consent.moveUp(parseId(request), caller));
    })
    .delete('/claims/:id', async (request, response) => {
      done(response, await api.actions.cancel(parseId(request), null, caller));
    });
}
