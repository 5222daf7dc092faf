import type { Schema } from 'ts-json-schema-generator';

import { HINT_NAMES } from '../protocol/hints';

/** One operation of the API: what it does, what it reads, what it answers. */
export type Operation = {
  readonly method: 'get' | 'put' | 'post' | 'delete';
  /** As OpenAPI writes it: with `{id}` for a parameter. */
  readonly path: string;
  readonly summary: string;
  readonly body?: Schema;
  /** The schema of a successful answer; null for one without a body (204). */
  readonly answer: Schema | null;
  /** The media type of the answer; JSON if absent. */
  readonly type?: 'text/plain' | 'text/event-stream';
};

/** A schema of the description, by its name. */
export const ref = (name: string): Schema => ({ $ref: `#/components/schemas/${name}` });
const listOf = (items: Schema): Schema => ({ type: 'array', items });
const POLICY: Schema = {
  type: 'object',
  properties: { policy: { enum: ['dynamic', 'partitioned', 'naive'] } },
  required: ['policy']
};
const CELL: Schema = {
  type: 'object',
  properties: { metadata: {}, tags: listOf({ type: 'string' }), directive: { type: 'string' } },
  additionalProperties: false
};
/** As their author writes them: `"8 GiB"` and the like. */
const HINTS: Schema = {
  type: 'object',
  properties: Object.fromEntries(HINT_NAMES.map(name => [name, {}])),
  additionalProperties: false
};
const CLAIM: Schema = {
  type: 'object',
  properties: { claim: { type: 'string', minLength: 1 } },
  required: ['claim']
};

const KERNELS: Schema = listOf({
  type: 'object',
  properties: {
    holderId: { type: 'string', minLength: 1 },
    idleMs: { type: 'number', minimum: 0 }
  },
  required: ['holderId', 'idleMs'],
  additionalProperties: false
});

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
const ORDERS: readonly Operation[] = [
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

/** Every operation, in the order of README's table. */
export const OPERATIONS: readonly Operation[] = [
  {
    method: 'get',
    path: '/api/v1/node',
    summary: 'The node: totals, use, GPUs, tier',
    answer: ref('NodeView')
  },
  {
    method: 'get',
    path: '/api/v1/holders',
    summary: 'Kernels, their children and commands: kind, state, grant, use',
    answer: listOf(ref('HolderView'))
  },
  {
    method: 'get',
    path: '/api/v1/claims',
    summary: 'Claims that wait, that run, and the most recent done',
    answer: listOf(ref('ClaimView'))
  },
  {
    method: 'get',
    path: '/api/v1/claims/{id}',
    summary: 'One claim with its story',
    answer: ref('ClaimStory')
  },
  {
    method: 'delete',
    path: '/api/v1/claims/{id}',
    summary: 'Cancel a waiting claim',
    answer: null
  },
  { method: 'get', path: '/api/v1/defaults', summary: 'Your default hints', answer: HINTS },
  {
    method: 'put',
    path: '/api/v1/defaults',
    summary: 'Replace your default hints',
    body: HINTS,
    answer: HINTS
  },
  {
    method: 'get',
    path: '/api/v1/holders/{id}/defaults',
    summary: "A notebook's default hints",
    answer: HINTS
  },
  {
    method: 'put',
    path: '/api/v1/holders/{id}/defaults',
    summary: "Replace a notebook's default hints",
    body: HINTS,
    answer: HINTS
  },
  {
    method: 'post',
    path: '/api/v1/holders/{id}/fits',
    summary: 'Whether cells would run now',
    body: listOf(CELL),
    answer: listOf({ anyOf: [ref('Fit'), { type: 'null' }] })
  },
  {
    method: 'put',
    path: '/api/v1/holders/{id}/keep',
    summary: 'Keep an idle kernel that would be shut down',
    answer: null
  },
  {
    method: 'delete',
    path: '/api/v1/holders/{id}/hold',
    summary: 'Release the grant that a kernel keeps for its next cell',
    answer: null
  },
  {
    method: 'post',
    path: '/api/v1/holders/{id}/free',
    summary: 'Ask an idle kernel for the GPU memory that it keeps',
    answer: null
  },
  {
    method: 'put',
    path: '/api/v1/holders/{id}/restart-request',
    summary: "Ask a kernel's owner to restart it for a waiting claim",
    body: CLAIM,
    answer: null
  },
  {
    method: 'delete',
    path: '/api/v1/holders/{id}/restart-request',
    summary: 'Decline to restart a kernel',
    answer: null
  },
  {
    method: 'get',
    path: '/api/v1/culling',
    summary: 'Server-sent events for Jupyter servers, each a plan; only on the Unix socket',
    answer: ref('CullPlan'),
    type: 'text/event-stream'
  },
  {
    method: 'put',
    path: '/api/v1/culling/kernels',
    summary: 'When people last used the kernels of a Jupyter server; only on the Unix socket',
    body: KERNELS,
    answer: null
  },
  {
    method: 'post',
    path: '/api/v1/holders/{id}/cull',
    summary: 'Begin to shut an idle kernel down; only on the Unix socket',
    answer: null
  },
  {
    method: 'delete',
    path: '/api/v1/holders/{id}/cull',
    summary: 'An idle kernel could not be shut down; only on the Unix socket',
    answer: null
  },
  { method: 'get', path: '/api/v1/policy', summary: 'How CPUs are shared', answer: POLICY },
  {
    method: 'put',
    path: '/api/v1/policy',
    summary: 'Change how CPUs are shared, for the whole node',
    body: POLICY,
    answer: POLICY
  },
  {
    method: 'get',
    path: '/api/v1/configuration',
    summary: 'The configuration files, when they were last read, and their problems',
    answer: ref('ConfigurationView')
  },
  {
    method: 'get',
    path: '/api/v1/users/{id}/hub-groups',
    summary: 'The groups that a user has in JupyterHub; for administrators',
    answer: ref('HubGroupsView')
  },
  {
    method: 'put',
    path: '/api/v1/users/{id}/hub-groups',
    summary: 'State all groups that a user has in JupyterHub; for administrators',
    body: { type: 'object', properties: { groups: listOf({ type: 'string' }) } },
    answer: ref('HubGroupsView')
  },
  {
    method: 'get',
    path: '/api/v1/snapshot',
    summary: 'Everything at one moment',
    answer: ref('Snapshot')
  },
  {
    method: 'get',
    path: '/api/v1/events',
    summary: 'Server-sent events, each a snapshot; only on the Unix socket',
    answer: ref('Snapshot'),
    type: 'text/event-stream'
  },
  ...ORDERS,
  {
    method: 'get',
    path: '/api/v1/metrics',
    summary: 'Metrics for Prometheus',
    answer: { type: 'string' },
    type: 'text/plain'
  },
  {
    method: 'get',
    path: '/healthz',
    summary: 'Whether the sidecar is alive',
    answer: {}
  },
  {
    method: 'get',
    path: '/readyz',
    summary: 'Whether it knows who holds what, after a restart',
    answer: {}
  }
];
