import { Router } from 'express';

import type { IApi } from '../../daemon/ports';
import { answerPart } from '../respond';

/** `GET /node`: what may be handed out, and what is used of it. */
export function node(api: IApi): Router {
  return Router().get('/node', (_, response) => {
    answerPart(response, api.arbiter.snapshot().node);
  });
}
