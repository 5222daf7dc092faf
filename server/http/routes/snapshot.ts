import { Router } from 'express';

import type { IApi } from '../../daemon/ports';
import { snapshotText } from '../feed';
import { answerText } from '../respond';

/** `GET /snapshot`: everything at this moment. */
export function snapshot(api: IApi): Router {
  return Router().get('/snapshot', (_, response) => {
    answerText(response, snapshotText(api.arbiter.snapshot()));
  });
}
