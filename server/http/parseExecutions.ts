import type { Request } from 'express';
import * as z from 'zod';

import { EXECUTION } from '../exchange/execution';
import type { Execution } from '../protocol/execution';
import { parsed } from './parse';

/** The most executions that are added at once; the body is bounded, too. */
const ADDED_MAX = 500;

const EXECUTIONS = z.strictObject(
  { executions: z.array(EXECUTION).max(ADDED_MAX, `expected at most ${ADDED_MAX} executions`) },
  { error: 'expected a JSON object such as {"executions": []}' }
);

/** The body of `POST /history`. */
export function parseExecutions(request: Request): readonly Execution[] {
  return parsed(EXECUTIONS, request).executions;
}
