import { join } from 'node:path';

import { createGenerator, type Schema } from 'ts-json-schema-generator';

import { CATALOGUE } from '../protocol/catalogue';
import { HINT_NAMES } from '../protocol/hints';

const ROOT = join(__dirname, '..', '..');

/** One operation of the API: what it does, what it reads, what it answers. */
type Operation = {
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

const ref = (name: string): Schema => ({ $ref: `#/components/schemas/${name}` });
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

/** Every operation, in the order of README's table. */
const OPERATIONS: readonly Operation[] = [
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

/** By which property the API says in words what a type of `protocol/view.ts` states as a fact (API7). */
const SPOKEN: readonly (readonly [type: string, property: string, of?: string])[] = [
  ['Reason', 'sentence'],
  ['StoryLine', 'sentence'],
  ['NotEnforced', 'sentence'],
  ['Fit', 'sentence', 'never'],
  ['ClaimView', 'message', 'done'],
  ['ClaimStory', 'message', 'done']
];

/** `GET /claims/:id` and the like, by method and path as express writes them. */
export function describedRoutes(): readonly string[] {
  return OPERATIONS.map(it => `${it.method} ${it.path.replaceAll(/\{(\w+)\}/g, ':$1')}`);
}

/**
 * The description of the API, as OpenAPI 3.1: operations from the table above, schemas from the
 * types of `protocol/view.ts`. Takes some seconds: the types are compiled for it.
 */
export function openApi(): object {
  return {
    openapi: '3.1.0',
    info: {
      title: 'Cellgrant',
      version: '1',
      description:
        'The API of the sidecar, on its Unix socket; and of the Jupyter server extension, below ' +
        "<base_url>cellgrant/ with Jupyter's authentication. Clients ignore properties that they do not know.",
      license: { name: 'BSD-3-Clause', identifier: 'BSD-3-Clause' }
    },
    servers: [{ url: '/' }],
    paths: pathsOf(OPERATIONS),
    components: { schemas: schemas() }
  };
}

function pathsOf(operations: readonly Operation[]): object {
  const paths: Record<string, Record<string, object>> = {};
  for (const operation of operations) {
    (paths[operation.path] ??= {})[operation.method] = operationOf(operation);
  }
  return paths;
}

function operationOf({ path, summary, body, answer, type }: Operation): object {
  const parameters = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => ({
    name,
    in: 'path',
    required: true,
    schema: { type: 'string' }
  }));
  const success = answer
    ? {
        200: { description: 'Done', content: { [type ?? 'application/json']: { schema: answer } } }
      }
    : { 204: { description: 'Done' } };
  return {
    summary,
    ...(parameters.length && { parameters }),
    ...(body && {
      requestBody: { required: true, content: { 'application/json': { schema: body } } }
    }),
    responses: {
      ...success,
      default: {
        description: 'Refused',
        content: { 'application/json': { schema: ref('ErrorBody') } }
      }
    }
  };
}

function schemas(): object {
  const { definitions = {} } = createGenerator({
    path: join(ROOT, 'server', 'protocol', '{view,configuration}.ts'),
    tsconfig: join(ROOT, 'tsconfig.test.json'),
    type: '*',
    topRef: true,
    additionalProperties: true,
    functions: 'hide',
    skipTypeCheck: true
  }).createSchema('*');
  const text = JSON.stringify(definitions).replaceAll('#/definitions/', '#/components/schemas/');
  const all = JSON.parse(text) as Record<string, Schema>;
  SPOKEN.forEach(([name, property, kind]) =>
    alternatives(all[name]!, kind).forEach(speak(property))
  );
  all['ErrorBody']!.properties!['code'] = { enum: Object.keys(CATALOGUE).sort() };
  return all;
}

/** The objects that a schema describes; of several, those whose state or kind is `kind`. */
function alternatives(schema: Schema, kind?: string): readonly Schema[] {
  const all = (schema.anyOf ?? [schema]) as readonly Schema[];
  const constOf = (it: Schema, name: string) =>
    (it.properties?.[name] as Schema | undefined)?.const;
  return all.filter(it => !kind || constOf(it, 'state') === kind || constOf(it, 'kind') === kind);
}

/** Adds a property with a sentence; inside a story, only the line has one. */
function speak(property: string): (schema: Schema) => void {
  return schema => {
    schema.properties![property] = { type: ['string', 'null'] };
  };
}
