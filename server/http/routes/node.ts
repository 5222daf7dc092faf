import { Router } from 'express';

import type { IApi } from '../../daemon/ports';
import { answerText } from '../respond';
import { nodeText } from '../spoken';

/** `GET /node`: what may be granted, and what is used of it. */
export function node(api: IApi): Router {
  return Router().get('/node', (_, response) => {
    answerText(response, nodeText(api.arbiter.snapshot().node));
  });
}
