import { Router } from 'express';

import type { IApi } from '../../daemon/ports';
import { answerText } from '../respond';
import { textOf } from '../texts';

/** `GET /node`: what may be granted, and what is used of it. */
export function node(api: IApi): Router {
  return Router().get('/node', (_, response) => {
    answerText(response, textOf(api.arbiter.snapshot().node));
  });
}
