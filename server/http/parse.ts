import type { Request } from 'express';
import * as z from 'zod';

import type { PolicyName, Written } from '../daemon/ports';
import { refusal, type Refusal } from '../protocol/errors';

/** The longest request body that is read, in bytes. */
export const BODY_BYTES_MAX = 64 * 1024;

/** Ends a request with a refusal. */
export class RefusalError extends Error {
  constructor(readonly refusal: Refusal) {
    super(refusal.code);
  }
}

const OBJECT = z.record(z.string(), z.unknown(), {
  error: 'expected a JSON object of hints such as {"cpus": 2}'
});
const POLICY = z.object(
  { policy: z.enum(['dynamic', 'partitioned', 'naive']) },
  { error: 'expected a JSON object such as {"policy": "dynamic"}' }
);
const REQUEST = z.object(
  { claim: z.string().min(1) },
  { error: 'expected a JSON object such as {"claim": "ID"}' }
);

function invalid(what: string): RefusalError {
  return new RefusalError(refusal('BODY_INVALID', { what }));
}

function jsonOf(request: Request): unknown {
  if (typeof request.body !== 'string' || request.body.trim() === '') {
    throw invalid('it is empty');
  }
  try {
    return JSON.parse(request.body);
  } catch {
    throw invalid('it is not JSON');
  }
}

function parsed<T>(schema: z.ZodType<T>, request: Request): T {
  const outcome = schema.safeParse(jsonOf(request));
  if (outcome.success) {
    return outcome.data;
  }
  const { path, message } = outcome.error.issues[0]!;
  throw invalid(path.length ? `"${path.join('.')}": ${message}` : message);
}

/** A parameter of the path; each route that asks for one has it. */
export function parseId(request: Request): string {
  return String(request.params['id']);
}

/** The body of `PUT .../defaults`: hints as an author writes them; checked by whoever keeps them. */
export function parseDefaults(request: Request): Written {
  return parsed(OBJECT, request);
}

/** The body of `PUT .../restart-request`: the id of the claim that waits. */
export function parseRequest(request: Request): string {
  return parsed(REQUEST, request).claim;
}

/** The body of `PUT /policy`. */
export function parsePolicy(request: Request): PolicyName {
  return parsed(POLICY, request).policy;
}
