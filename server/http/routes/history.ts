import { Router, type Response } from 'express';

import type { IAdministrators, IHistory } from '../../daemon/ports';
import type { Caller } from '../../protocol/caller';
import { refusal, type Refusal } from '../../protocol/errors';
import type { Execution } from '../../protocol/execution';
import { visibilityOf } from '../../protocol/visibility';
import { parseExecutions } from '../parseExecutions';
import { parseHistory, parseReport, parseSeries } from '../parseHistory';
import { refuse } from '../respond';

/**
 * What happened: `GET /history` has executions, a page at a time, `GET /history/series` figures over
 * time, `GET /report` sums; `POST /history` adds what another sidecar recorded, and a trace as the caller's own.
 *
 * #### Notes
 * SEC1: others' executions are shown without what is written in notebooks; so nobody may ask for
 * those of a notebook or a cell either, but for their own.
 */
export function history(it: IHistory, administrators: IAdministrators, caller: Caller): Router {
  const visibility = visibilityOf(caller, administrators);
  const isAdministrator = () => administrators.includes(caller);
  return Router()
    .get('/history', async (request, response) => {
      const query = parseHistory(request, Date.now());
      const namesNotebook = query.notebook !== null || query.cellId !== null;
      const isOfOthers = namesNotebook && !isAdministrator();
      if (isOfOthers && ![null, caller.name].includes(query.owner)) {
        response.json({ executions: [], next: null });
        return;
      }
      const owner = isOfOthers ? caller.name : query.owner;
      answer(response, visibility().of(await it.page({ ...query, owner })));
    })
    .get('/history/series', async (request, response) => {
      answer(response, await it.series(parseSeries(request, Date.now())));
    })
    .get('/report', async (request, response) => {
      const query = parseReport(request, Date.now());
      const owner = query.by === 'notebook' && !isAdministrator() ? caller.name : query.owner;
      answer(response, await it.report({ ...query, owner }));
    })
    .post('/history', async (request, response) => {
      const executions = parseExecutions(request).map(row => ownedBy(caller, row));
      isAdministrator() || executions.every(isTrace)
        ? answer(response, await it.add(executions))
        : refuse(response, refusal('ADMINISTRATORS_ONLY'));
    });
}

/** A row of a trace, which has the hash of its source (TRACE2). */
function isTrace({ sourceHash }: Execution): boolean {
  return sourceHash !== null;
}

/** Whoever takes a trace over wants to know what the cells need that they run: it is theirs. */
function ownedBy({ name }: Caller, row: Execution): Execution {
  return isTrace(row) ? { ...row, owner: name } : row;
}

function answer(response: Response, found: object | Refusal): void {
  'code' in found ? refuse(response, found as Refusal) : response.json(found);
}
