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
/** A list of these. */
export const listOf = (items: Schema): Schema => ({ type: 'array', items });
/** How CPUs are shared. */
export const POLICY: Schema = {
  type: 'object',
  properties: { policy: { enum: ['dynamic', 'partitioned', 'naive'] } },
  required: ['policy']
};
/** What a cell's author wrote. */
export const CELL: Schema = {
  type: 'object',
  properties: { metadata: {}, tags: listOf({ type: 'string' }), directive: { type: 'string' } },
  additionalProperties: false
};
/** As their author writes them: `"8 GiB"` and the like. */
export const HINTS: Schema = {
  type: 'object',
  properties: Object.fromEntries(HINT_NAMES.map(name => [name, {}])),
  additionalProperties: false
};
/** The claim that something is for. */
export const CLAIM: Schema = {
  type: 'object',
  properties: { claim: { type: 'string', minLength: 1 } },
  required: ['claim']
};

/** Since when kernels are idle. */
export const KERNELS: Schema = listOf({
  type: 'object',
  properties: {
    holderId: { type: 'string', minLength: 1 },
    idleMs: { type: 'number', minimum: 0 }
  },
  required: ['holderId', 'idleMs'],
  additionalProperties: false
});
