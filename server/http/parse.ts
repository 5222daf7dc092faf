import type { Request } from 'express';
import * as z from 'zod';

import type { KernelReport, PolicyName, Written } from '../daemon/ports';
import { isWithinDepth } from '../lib/depth';
import { refusal } from '../protocol/errors';
import { HUB_GROUP_WORDS, HUB_GROUPS_MAX, isHubGroup } from '../protocol/hubGroups';
import { HINT_DEPTH_MAX, ID_CHARS_MAX } from '../protocol/gate';
import { type FitCell, FITS_MAX } from '../protocol/view';
import { SHOWN_CHARS_MAX } from './body';
import { RefusalError } from './refusalError';

const OBJECT = z.record(z.string(), z.unknown(), {
  error: 'expected a JSON object of hints such as {"cpus": 2}'
});
const POLICY = z.object(
  { policy: z.enum(['dynamic', 'partitioned', 'naive']) },
  { error: 'expected a JSON object such as {"policy": "dynamic"}' }
);
const GROUP = z
  .string(`expected ${HUB_GROUP_WORDS}`)
  .refine(isHubGroup, `expected ${HUB_GROUP_WORDS}`);
const GROUPS = z.strictObject(
  { groups: z.array(GROUP).max(HUB_GROUPS_MAX, `expected at most ${HUB_GROUPS_MAX} groups`) },
  { error: 'expected a JSON object such as {"groups": ["physics"]}' }
);
const CELLS = z
  .array(
    z.strictObject(
      {
        metadata: z
          .unknown()
          .optional()
          .refine(
            it => isWithinDepth(it, HINT_DEPTH_MAX),
            `expected at most ${HINT_DEPTH_MAX} levels`
          ),
        tags: z.array(z.string()).exactOptional(),
        directive: z.string().exactOptional(),
        cellId: z
          .string()
          .max(ID_CHARS_MAX, `expected at most ${ID_CHARS_MAX} characters`)
          .exactOptional()
      },
      { error: 'expected an object such as {"metadata": {"cpus": 2}}' }
    ),
    { error: 'expected a JSON list such as [{"metadata": {"cpus": 2}, "tags": ["gpus=1"]}]' }
  )
  .max(FITS_MAX, `expected at most ${FITS_MAX} cells`);
const REQUEST = z.object(
  { claim: z.string().min(1) },
  { error: 'expected a JSON object such as {"claim": "ID"}' }
);
/** The most kernels that one server may report on at once. */
const KERNELS_MAX = 1024;
const KERNELS = z
  .array(
    z.strictObject(
      { holderId: z.string().min(1), idleMs: z.number().min(0) },
      { error: 'expected an object such as {"holderId": "ID", "idleMs": 1000}' }
    ),
    { error: 'expected a JSON list such as [{"holderId": "ID", "idleMs": 1000}]' }
  )
  .max(KERNELS_MAX, `expected at most ${KERNELS_MAX} kernels`);

/** The refusal of a body. */
export function invalid(what: string): RefusalError {
  return new RefusalError(refusal('BODY_INVALID', { what }));
}

/** The charset that a content type names; null if none. */
function charsetOf(contentType = ''): string | null {
  return /;\s*charset\s*=\s*"?([^\s";]*)/i.exec(contentType)?.[1] ?? null;
}

/** The body as text: only UTF-8 is read, nothing is converted. */
function textOf(request: Request): string {
  const charset = charsetOf(request.headers['content-type']);
  if (charset !== null && !/^(utf-?8|us-ascii)$/i.test(charset)) {
    throw invalid(`its charset is "${charset.slice(0, SHOWN_CHARS_MAX)}", but only UTF-8 is read`);
  }
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(request.body as Buffer | undefined);
  } catch {
    throw invalid('it is not UTF-8');
  }
}

function jsonOf(request: Request): unknown {
  const text = textOf(request);
  if (text.trim() === '') {
    throw invalid('it is empty');
  }
  let value: unknown;
  let isAboutPrototypes: boolean;
  try {
    value = JSON.parse(text);
    isAboutPrototypes = namesPrototype(value);
  } catch {
    throw invalid('it is not JSON, or nested too deeply');
  }
  if (isAboutPrototypes) {
    // Code that copies objects would drop it, and so read an empty body.
    throw invalid('"__proto__" is not a valid name');
  }
  return value;
}

/** Whether an object, or one nested in it, has a key that is special to JavaScript. */
function namesPrototype(value: unknown): boolean {
  return (
    typeof value === 'object' &&
    value !== null &&
    (Object.hasOwn(value, '__proto__') || Object.values(value).some(namesPrototype))
  );
}

/** A body of JSON; throws {@link RefusalError} where it is not as the schema has it. */
export function parsed<T>(schema: z.ZodType<T>, request: Request): T {
  const outcome = schema.safeParse(jsonOf(request));
  if (outcome.success) {
    return outcome.data;
  }
  const { path, message } = outcome.error.issues[0]!;
  throw invalid(path.length ? `"${path.join('.')}": ${message}` : message);
}

/** A parameter of the path; each route that reads one declares it. */
export function parseId(request: Request): string {
  return String(request.params['id']);
}

/** The body of `PUT .../defaults`: hints as an author writes them; the store checks them. */
export function parseDefaults(request: Request): Written {
  return parsed(OBJECT, request);
}

/** The body of `PUT .../restart-request`: the id of the waiting claim. */
export function parseRequest(request: Request): string {
  return parsed(REQUEST, request).claim;
}

/** The body of `PUT .../hub-groups`: all groups that a user has in JupyterHub. */
export function parseHubGroups(request: Request): readonly string[] {
  return parsed(GROUPS, request).groups;
}

/** The body of `POST .../fits`: the hints of several cells, as the gate would send them, and their ids. */
export function parseCells(request: Request): readonly FitCell[] {
  return parsed<readonly FitCell[]>(CELLS, request);
}

/** The body of `PUT /culling/kernels`: how long ago each kernel was last used. */
export function parseKernels(request: Request): readonly KernelReport[] {
  return parsed<readonly KernelReport[]>(KERNELS, request);
}

/** The body of `PUT /policy`. */
export function parsePolicy(request: Request): PolicyName {
  return parsed(POLICY, request).policy;
}
