import type { Schema } from 'ts-json-schema-generator';

import { HINT_NAMES } from '../protocol/hints';
import { ref, type Operation } from './openapiOperation';
import { HISTORY } from './openapiHistory';
import { ORDERS } from './openapiOrders';

const listOf = (items: Schema): Schema => ({ type: 'array', items });
const POLICY: Schema = {
  type: 'object',
  properties: { policy: { enum: ['dynamic', 'partitioned', 'naive'] } },
  required: ['policy']
};
const CELL: Schema = {
  type: 'object',
  properties: {
    cellId: { type: 'string' },
    metadata: {},
    tags: listOf({ type: 'string' }),
    directive: { type: 'string' }
  },
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
  {
    method: 'post',
    path: '/api/v1/claims/{id}/move-up',
    summary: 'Let a waiting claim go before the others of its user',
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
    summary: 'Whether cells would run now, when else, and what they usually need',
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
  ...HISTORY,
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
