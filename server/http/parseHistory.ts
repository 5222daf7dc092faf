import type { Request } from 'express';
import * as z from 'zod';

import {
  PAGE_DEFAULT,
  PAGE_MAX,
  POINTS_DEFAULT,
  POINTS_MAX,
  type HistoryQuery,
  type ReportQuery,
  type SeriesQuery
} from '../protocol/historyQuery';
import { refusal } from '../protocol/errors';
import type { SeriesOf } from '../protocol/history';
import { timeOf } from './parseTime';
import { RefusalError } from './refusalError';

/** How long a name may be, in characters. */
const NAME_CHARS_MAX = 4096;

/** What a report or a plot is about if no time is named: the last day. */
const DAY_MS = 86_400_000;

const name = z.string('expected a text, once').max(NAME_CHARS_MAX, 'this is too long');
const nameOrNull = name.nullable().default(null);
const OF = 'expected node, holder:ID or gpu:UUID';
const BY = 'expected user, group, notebook or day';

function whole(min: number, max: number) {
  const expected = `expected a whole number from ${min} to ${max}`;
  return z
    .string(expected)
    .regex(/^\d{1,16}$/, expected)
    .transform(Number)
    .pipe(z.int(expected).min(min, expected).max(max, expected))
    .exactOptional();
}

function timeBefore(nowMs: number) {
  return z
    .string('expected a time, once')
    .transform((text, context) => {
      const ms = timeOf(text, nowMs);
      if (ms === null) {
        const expected =
          'expected ms since the epoch, a date such as "2026-11-30", or a time such as "2 h" ago';
        context.addIssue({ code: 'custom', message: expected });
        return z.NEVER;
      }
      return ms;
    })
    .exactOptional();
}

const range = (nowMs: number) => ({ from: timeBefore(nowMs), to: timeBefore(nowMs) });

function unreadable(what: string): RefusalError {
  return new RefusalError(refusal('QUERY_INVALID', { what }));
}

/** The query of a request, all of whose names must be known. */
function queryOf<T>(schema: z.ZodType<T>, { query }: Request): T {
  // JupyterLab's pages add a time as a name, so that nothing in between answers from a cache.
  const named = Object.entries(query).filter(([it]) => !/^\d+$/.test(it));
  const outcome = schema.safeParse(Object.fromEntries(named));
  if (outcome.success) {
    return outcome.data;
  }
  const { path, message } = outcome.error.issues[0]!;
  throw unreadable(path.length ? `"${path.join('.')}": ${message}` : message);
}

/** The query of `GET /history`; by default all that is kept. */
export function parseHistory(request: Request, nowMs: number): HistoryQuery {
  const shape = {
    ...range(nowMs),
    after: whole(0, Number.MAX_SAFE_INTEGER),
    limit: whole(1, PAGE_MAX),
    last: whole(1, PAGE_MAX),
    notebook: nameOrNull,
    owner: nameOrNull,
    holderId: nameOrNull,
    cellId: nameOrNull
  };
  const { from, to, after, limit, last, ...filters } = queryOf(z.strictObject(shape), request);
  if (last !== undefined && (limit !== undefined || after !== undefined)) {
    throw unreadable('expected either "last", or "limit" and "after"');
  }
  return {
    fromMs: from ?? 0,
    toMs: to ?? nowMs + DAY_MS,
    after: after ?? null,
    limit: last ?? limit ?? PAGE_DEFAULT,
    fromEnd: last !== undefined,
    ...filters
  };
}

/** The query of `GET /history/series`; by default the last day. */
export function parseSeries(request: Request, nowMs: number): SeriesQuery {
  const shape = {
    ...range(nowMs),
    of: name.transform((text, context) => {
      const of = seriesOf(text);
      of ?? context.addIssue({ code: 'custom', message: OF });
      return of ?? z.NEVER;
    }),
    points: whole(1, POINTS_MAX)
  };
  const { of, from, to, points = POINTS_DEFAULT } = queryOf(z.strictObject(shape), request);
  return { of, points, ...orderedRange(from, to, nowMs) };
}

/** The query of `GET /report`; by default the last day. */
export function parseReport(request: Request, nowMs: number): ReportQuery {
  const by = z.enum(['user', 'group', 'notebook', 'day'], BY).exactOptional();
  const shape = { ...range(nowMs), by, owner: nameOrNull };
  const { by: key = 'user', owner, from, to } = queryOf(z.strictObject(shape), request);
  return { by: key, owner, ...orderedRange(from, to, nowMs) };
}

function orderedRange(from: number | undefined, to: number | undefined, nowMs: number) {
  const toMs = to ?? nowMs;
  const fromMs = from ?? toMs - DAY_MS;
  if (fromMs >= toMs) {
    throw unreadable('expected "from" to be before "to"');
  }
  return { fromMs, toMs };
}

function seriesOf(text: string): SeriesOf | null {
  const [kind, ...rest] = text.split(':');
  const id = rest.join(':');
  if (text === 'node') {
    return { kind: 'node' };
  }
  if (id === '') {
    return null;
  }
  return kind === 'holder' ? { kind, id } : kind === 'gpu' ? { kind, uuid: id } : null;
}
