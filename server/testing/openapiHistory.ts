import type { Schema } from 'ts-json-schema-generator';

import { PAGE_DEFAULT, PAGE_MAX, POINTS_DEFAULT, POINTS_MAX } from '../protocol/historyQuery';
import { ref, type Operation } from './openapiOperation';

/** Ms since the epoch, a date, or a span of time before now: `2 h`. */
const TIME = { schema: { type: 'string' } satisfies Schema } as const;
const RANGE = { from: TIME, to: TIME };
const NAME = TIME;
const whole = (maximum: number, more: Schema = {}) =>
  ({ schema: { type: 'integer', minimum: 1, maximum, ...more } satisfies Schema }) as const;

/** What happened. */
export const HISTORY: readonly Operation[] = [
  {
    method: 'get',
    path: '/api/v1/history',
    summary:
      'One page of executions that ended in a span of time, oldest first: those behind the row `after`, or the `last` ones',
    query: {
      ...RANGE,
      limit: whole(PAGE_MAX, { default: PAGE_DEFAULT }),
      after: { schema: { type: 'integer', minimum: 0 } },
      last: whole(PAGE_MAX),
      notebook: NAME,
      owner: NAME,
      holderId: NAME,
      cellId: NAME
    },
    answer: ref('HistoryPage')
  },
  {
    method: 'post',
    path: '/api/v1/history',
    summary: 'Add executions that another sidecar recorded; only on the Unix socket',
    body: {
      type: 'object',
      properties: { executions: { type: 'array', items: ref('ExecutionView') } },
      required: ['executions']
    },
    answer: {
      type: 'object',
      properties: { added: { type: 'integer', minimum: 0 } },
      required: ['added']
    }
  },
  {
    method: 'get',
    path: '/api/v1/history/series',
    summary: 'Figures over time of the node, of a holder or of a GPU',
    query: {
      of: { schema: { type: 'string', pattern: '^(node|holder:.+|gpu:.+)$' }, required: true },
      ...RANGE,
      points: whole(POINTS_MAX, { default: POINTS_DEFAULT })
    },
    answer: ref('SeriesView')
  },
  {
    method: 'get',
    path: '/api/v1/report',
    summary:
      'Sums over the executions that ended in a span of time, by user, group, notebook or day',
    query: {
      by: { schema: { enum: ['user', 'group', 'notebook', 'day'] } },
      ...RANGE,
      owner: NAME
    },
    answer: ref('ReportView')
  }
];
