import type { Request } from 'express';
import * as z from 'zod';

import type { PolicyName } from '../core/events';
import type { Written } from '../daemon/defaults';
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

function parsed<T>(schema: z.ZodType<T>, value: unknown): T {
  const outcome = schema.safeParse(value);
  if (outcome.success) {
    return outcome.data;
  }
  const { path, message } = outcome.error.issues[0]!;
  const what = path.length ? `"${path.join('.')}": ${message}` : message;
  throw new RefusalError(refusal('BODY_INVALID', { what }));
}

/** A parameter of the path; each route that asks for one has it. */
export function parseId(request: Request): string {
  return String(request.params['id']);
}

/** The body of `PUT .../defaults`: hints as an author writes them; checked by whoever keeps them. */
export function parseDefaults(request: Request): Written {
  return parsed(OBJECT, request.body);
}

/** The body of `PUT /policy`. */
export function parsePolicy(request: Request): PolicyName {
  return parsed(POLICY, request.body).policy;
}
