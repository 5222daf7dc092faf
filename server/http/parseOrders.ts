import type { Request } from 'express';
import * as z from 'zod';

import type { EvictionTarget } from '../daemon/ports';
import { readable } from '../lib/readable';
import { parseSpan } from '../protocol/hints';
import { invalid, parsed } from './parse';
import { timeOf } from './parseTime';

/** How long a reason may be, in characters. */
const WHY_CHARS_MAX = 200;

/** How long a name may be, in characters. */
const NAME_CHARS_MAX = 1024;

/** A reason, as those concerned read it; null without one. */
export const WHY = z
  .string('expected a text')
  .max(WHY_CHARS_MAX, `expected at most ${WHY_CHARS_MAX} characters`)
  .transform(it => readable(it.trim(), WHY_CHARS_MAX) || null)
  .nullable()
  .default(null);
/** An id, or a name. */
export const NAME = z
  .string('expected a text')
  .min(1, 'expected a name')
  .max(NAME_CHARS_MAX, `expected at most ${NAME_CHARS_MAX} characters`)
  .transform(it => readable(it, NAME_CHARS_MAX));
const REASON = z.strictObject(
  { why: WHY },
  { error: 'expected a JSON object such as {"why": "a reboot"}' }
);
const CANCELLATION = z.strictObject(
  { claim: NAME, why: WHY },
  { error: 'expected a JSON object such as {"claim": "ID", "why": "a reboot"}' }
);
const GRACE = 'expected a time such as "30 s", or "0 s"';
const graceOf = (text: string) => (/^\s*0\s*[a-z]*\s*$/.test(text) ? 0 : parseSpan(text));
const EVICTION = z.strictObject(
  {
    claim: NAME.exactOptional(),
    holder: NAME.exactOptional(),
    grace: z
      .string(GRACE)
      .refine(it => graceOf(it) !== undefined, GRACE)
      .transform(it => graceOf(it) ?? null)
      .nullable()
      .default(null),
    why: WHY
  },
  { error: 'expected a JSON object such as {"holder": "ID", "grace": "30 s", "why": "a reboot"}' }
);
const MOVE = z.strictObject(
  { holder: NAME, group: NAME.nullable(), why: WHY },
  { error: 'expected a JSON object such as {"holder": "ID", "group": "atlas/prod"}' }
);

/** What is to be taken back, when, and why. */
export type Eviction = {
  readonly target: EvictionTarget;
  readonly graceMs: number | null;
  readonly why: string | null;
};

/** The reason in a body such as `{"why": "a reboot"}`; null without one. */
export function parseWhy(request: Request): string | null {
  const isEmpty = (request.body as Buffer | undefined)?.length === 0;
  return isEmpty ? null : parsed(REASON, request).why;
}

/** The body of `POST /admin/cancel`. */
export function parseCancellation(request: Request): z.output<typeof CANCELLATION> {
  return parsed(CANCELLATION, request);
}

/** The body of `POST /admin/evict`: a claim or a holder. */
export function parseEviction(request: Request): Eviction {
  const { claim = null, holder = null, grace: graceMs, why } = parsed(EVICTION, request);
  if (claim !== null && holder === null) {
    return { target: { claimId: claim, holderId: null }, graceMs, why };
  }
  if (holder !== null && claim === null) {
    return { target: { claimId: null, holderId: holder }, graceMs, why };
  }
  throw invalid('expected either "claim" or "holder"');
}

/** The body of `POST /admin/move`; the group is null to put the holder back. */
export function parseMove(request: Request): z.output<typeof MOVE> {
  return parsed(MOVE, request);
}

/** The time that `?since=` names, ms since the epoch: a date, or a span of time before now; all times without it. */
export function parseSince({ query }: Request, nowMs: number): number {
  const { since } = query;
  if (since === undefined) {
    return -Infinity;
  }
  const ms = timeOf(since, nowMs);
  if (ms === null) {
    throw invalid('"since" is neither a time such as "2 h" nor a date such as "2026-11-30"');
  }
  return ms;
}
