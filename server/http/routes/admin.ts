import { Router } from 'express';

import type { IApi } from '../../daemon/ports';
import type { Caller } from '../../protocol/caller';
import { parseCap } from '../parseCap';
import { parseCancellation, parseEviction, parseMove, parseSince, parseWhy } from '../parseOrders';
import { done, refuse } from '../respond';

/**
 * What administrators may do (ADMIN1): `PUT` and `DELETE /admin/drain`, `POST /admin/cancel`,
 * `/admin/evict`,
 * `/admin/move` and `/admin/cap`, `GET /admin/log`. Everybody's requests arrive: who is refused is recorded.
 */
export function admin({ actions }: IApi, caller: Caller): Router {
  return Router()
    .put('/admin/drain', async (request, response) => {
      done(response, await actions.drain(parseWhy(request), caller));
    })
    .delete('/admin/drain', async (_, response) => {
      done(response, await actions.undrain(caller));
    })
    .post('/admin/cancel', async (request, response) => {
      const { claim, why } = parseCancellation(request);
      done(response, await actions.cancel(claim, why, caller));
    })
    .post('/admin/evict', async (request, response) => {
      const { target, graceMs, why } = parseEviction(request);
      done(response, await actions.evict(target, graceMs, why, caller));
    })
    .post('/admin/move', async (request, response) => {
      const { holder, group, why } = parseMove(request);
      done(response, await actions.move(holder, group, why, caller));
    })
    .post('/admin/cap', async (request, response) => {
      const { of, caps, why } = parseCap(request);
      done(response, await actions.cap(of, caps, why, caller));
    })
    .get('/admin/log', async (request, response) => {
      const found = await actions.readLog(parseSince(request, Date.now()), caller);
      'code' in found ? refuse(response, found) : response.json(found);
    });
}
