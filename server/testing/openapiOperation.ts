import type { Schema } from 'ts-json-schema-generator';

/** One operation of the API: what it does, what it reads, what it answers. */
export type Operation = {
  readonly method: 'get' | 'put' | 'post' | 'delete';
  /** As OpenAPI writes it: with `{id}` for a parameter. */
  readonly path: string;
  readonly summary: string;
  /** What its query may name; all of it may be absent but for `required`. */
  readonly query?: Readonly<Record<string, { readonly schema: Schema; readonly required?: true }>>;
  readonly body?: Schema;
  /** The schema of a successful answer; null for one without a body (204). */
  readonly answer: Schema | null;
  /** The media type of the answer; JSON if absent. */
  readonly type?: 'text/plain' | 'text/event-stream';
};

/** A schema of the description, by its name. */
export const ref = (name: string): Schema => ({ $ref: `#/components/schemas/${name}` });
