import type { Schema } from 'ts-json-schema-generator';

import { ref, type Operation } from './openapiOperation';

/** What is done at whose order, and why: an administrator's own words. */
const orderOf = (
  properties: Readonly<Record<string, Schema>>,
  required: readonly string[]
): Schema => ({
  type: 'object',
  properties: { ...properties, why: { type: ['string', 'null'], maxLength: 200 } },
  required: [...required],
  additionalProperties: false
});
const ID: Schema = { type: 'string', minLength: 1 };

/** The caps that are named; the others are as configured. */
const CAPS: Schema = {
  type: ['object', 'null'],
  properties: {
    kernels: { type: 'integer', minimum: 1 },
    cells: { type: 'integer', minimum: 1 },
    memory: { type: ['string', 'number'] },
    gpus: { type: 'integer', minimum: 0 },
    cpus: { type: ['string', 'number'] }
  },
  minProperties: 1,
  additionalProperties: false
};

/** What administrators may do, only on the Unix socket. */
export const ORDERS: readonly Operation[] = [
  {
    method: 'put',
    path: '/api/v1/admin/drain',
    summary: 'Grant nothing new from now on; the body may be absent',
    body: orderOf({}, []),
    answer: null
  },
  {
    method: 'delete',
    path: '/api/v1/admin/drain',
    summary: 'Grant as usual again',
    answer: null
  },
  {
    method: 'post',
    path: '/api/v1/admin/cancel',
    summary: "Cancel anybody's waiting claim",
    body: orderOf({ claim: ID }, ['claim']),
    answer: null
  },
  {
    method: 'post',
    path: '/api/v1/admin/evict',
    summary: 'Take back what a claim has, or what a holder has and keeps; one of them is named',
    body: orderOf({ claim: ID, holder: ID, grace: { type: ['string', 'null'] } }, []),
    answer: null
  },
  {
    method: 'post',
    path: '/api/v1/admin/move',
    summary: 'Put a holder into a group, or (null) back where the configuration has it',
    body: orderOf({ holder: ID, group: { type: ['string', 'null'] } }, ['holder', 'group']),
    answer: null
  },
  {
    method: 'post',
    path: '/api/v1/admin/cap',
    summary:
      'Cap a user, or all of a group, in place of what is configured, or (null) as configured again; one of them is named',
    body: orderOf({ user: ID, group: ID, caps: CAPS }, ['caps']),
    answer: null
  },
  {
    method: 'get',
    path: '/api/v1/admin/log',
    summary:
      'What administrators did and others tried; `?since=` a date, or a time such as "2 h" ago',
    answer: ref('AuditView')
  }
];
