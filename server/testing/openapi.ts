import { join } from 'node:path';

import { createGenerator, type Schema } from 'ts-json-schema-generator';

import { CATALOGUE } from '../protocol/catalogue';
import { ref, type Operation } from './openapiOperation';
import { OPERATIONS } from './openapiOperations';

const ROOT = join(__dirname, '..', '..');

/** By which property the API says in words what a type of `protocol/view.ts` states as a fact (API7). */
const SPOKEN: readonly (readonly [type: string, property: string, of?: string])[] = [
  ['Reason', 'sentence'],
  ['StoryLine', 'sentence'],
  ['NotEnforced', 'sentence'],
  ['Drain', 'sentence'],
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

function operationOf({ path, summary, query = {}, body, answer, type }: Operation): object {
  const named = Object.entries(query).map(([name, it]) => ({ name, in: 'query', ...it }));
  const inPath = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => ({
    name,
    in: 'path',
    required: true,
    schema: { type: 'string' }
  }));
  const parameters = [...inPath, ...named];
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
    path: join(ROOT, 'server', 'protocol', '{view,configuration,audit,cull,hubGroups,history}.ts'),
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
  // The generator does not follow the catalogue through its parts.
  all['RefusalCode'] = { enum: Object.keys(CATALOGUE).sort() };
  all['ErrorBody']!.properties!['code'] = ref('RefusalCode');
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
