import { Router, type Response } from 'express';

import type { IApi } from '../../daemon/ports';
import type { Caller } from '../../protocol/caller';
import type { Refusal } from '../../protocol/errors';
import type { HubGroupsView } from '../../protocol/hubGroups';
import { parseHubGroups, parseId } from '../parse';
import { refuse } from '../respond';

/** `GET` and `PUT /users/:id/hub-groups`: the groups that a user has in JupyterHub (HUB1). */
export function hubGroups({ hubGroups: kept }: IApi, caller: Caller): Router {
  return Router()
    .get('/users/:id/hub-groups', async (request, response) => {
      show(response, await kept.find(parseId(request), caller));
    })
    .put('/users/:id/hub-groups', async (request, response) => {
      show(response, await kept.state(parseId(request), parseHubGroups(request), caller));
    });
}

function show(response: Response, found: HubGroupsView | Refusal): void {
  'code' in found ? refuse(response, found) : response.json(found);
}
