import { Router, type Response } from 'express';

import type { IApi } from '../../daemon/ports';
import type { Caller } from '../../protocol/caller';
import type { Refusal } from '../../protocol/errors';
import { refusal } from '../../protocol/errors';
import { READERS_MAX } from '../feed';
import { parseId, parseKernels } from '../parse';
import { refuse } from '../respond';

function done(response: Response, why: Refusal | null): void {
  why ? refuse(response, why) : response.status(204).end();
}

/**
 * For Jupyter servers: `GET /culling` sends events, each all that they have to do about idle
 * kernels (CULL2), the first at once; `PUT /culling/kernels` reports on kernels of their own;
 * `POST /holders/:id/cull` asks whether an idle one may be shut down now, and `DELETE` says that
 * it could not (CULL6). For people: `PUT /holders/:id/keep` keeps an idle kernel (CULL4).
 */
export function culling({ culling: it }: IApi, caller: Caller): Router {
  let readers = 0;
  return Router()
    .get('/culling', (request, response) => {
      if (readers >= READERS_MAX) {
        refuse(response, refusal('TOO_MANY', { limit: READERS_MAX, what: 'Jupyter servers' }));
        return;
      }
      readers += 1;
      // It is idle for longer than an answer may be.
      request.socket.setTimeout(0);
      response.setHeader('content-type', 'text/event-stream; charset=utf-8');
      response.setHeader('cache-control', 'no-store');
      const leave = follow(response, () => JSON.stringify(it.plan(caller)), it.onPlan.bind(it));
      response.on('close', () => {
        readers -= 1;
        leave();
      });
    })
    .put('/culling/kernels', (request, response) => {
      it.report(parseKernels(request), caller);
      response.status(204).end();
    })
    .post('/holders/:id/cull', (request, response) => {
      done(response, it.begin(parseId(request), caller));
    })
    .delete('/holders/:id/cull', (request, response) => {
      done(response, it.giveUp(parseId(request), caller));
    })
    .put('/holders/:id/keep', (request, response) => {
      done(response, it.keep(parseId(request), caller));
    });
}

/** Send a text now and whenever it has changed; a reader that is slow gets the newest one (API5). */
function follow(
  response: Response,
  textOf: () => string,
  onChange: (listener: () => void) => () => void
): () => void {
  let last = '';
  let isFull = false;
  const send = (): void => {
    const text = textOf();
    if (!isFull && text !== last) {
      last = text;
      isFull = !response.write(`data: ${text}\n\n`);
    }
  };
  response.on('drain', () => {
    isFull = false;
    send();
  });
  send();
  return onChange(send);
}
