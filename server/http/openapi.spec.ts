import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import Ajv from 'ajv/dist/2020';

import type { IApi } from '../daemon/ports';
import { HAS_SQLITE } from '../store/sqlite';
import { describedRoutes, openApi } from '../testing/openapi';
import { Stage } from '../testing/stage';
import { createApp, type AppParts } from './app';

/** The description's name among schemas. */
const WHOLE = 'https://cellgrant/';
const FILE = join(__dirname, '..', '..', 'docs', 'openapi.json');

type Description = {
  readonly paths: Readonly<
    Record<
      string,
      { get?: { responses: { 200: { content: Record<string, { schema: object }> } } } }
    >
  >;
};

/** The schemas of what `GET` answers as JSON, each by its place in the description. */
function answersOf({ paths }: Description): readonly { path: string; schema: object }[] {
  return Object.entries(paths).flatMap(([path, { get }]) => {
    const answer = get?.responses[200].content['application/json'];
    const at = ['paths', path, 'get', 'responses', '200', 'content', 'application/json', 'schema'];
    const pointer = at.map(it => encodeURIComponent(it.replaceAll('/', '~1'))).join('/');
    return answer ? [{ path, schema: { $ref: `${WHOLE}#/${pointer}` } }] : [];
  });
}

/** A router's stack, which express has but does not declare. */
type Layer = {
  readonly route?: { readonly path: string; readonly methods: Readonly<Record<string, boolean>> };
  readonly handle?: { readonly stack?: readonly Layer[] };
};

function routesOf(layers: readonly Layer[]): readonly string[] {
  return layers.flatMap(({ route, handle }) => [
    ...Object.keys(route?.methods ?? {}).map(method => `${method} /api/v1${route!.path}`),
    ...routesOf(handle?.stack ?? [])
  ]);
}

describe('docs/openapi.json', () => {
  const stage = new Stage();

  afterAll(() => stage.clear());

  it('[API8] is what the types of the API make it; UPDATE_OPENAPI=1 writes it', () => {
    const text = `${JSON.stringify(openApi(), null, 2)}\n`;
    if (process.env['UPDATE_OPENAPI']) {
      writeFileSync(FILE, text);
    }
    expect(readFileSync(FILE, 'utf8')).toBe(text);
  });

  it('[API8] describes every route, and no other', () => {
    const caller = { uid: 0, name: 'root' };
    const parts = {
      caller,
      api: {} as IApi,
      admit: (_: unknown, __: unknown, next: () => void) => next()
    };
    const { router } = createApp(parts as AppParts) as unknown as {
      router: { stack: readonly Layer[] };
    };
    const below = describedRoutes().filter(it => it.includes('/api/v1/'));
    expect([...routesOf(router.stack)].sort()).toEqual([...below].sort());
  });

  it('[API8] describes what a real sidecar answers, whatever its claims do', async () => {
    const description = JSON.parse(readFileSync(FILE, 'utf8')) as Description;
    const validate = new Ajv({ strict: false }).addSchema({ $id: WHOLE, ...description });
    const sidecar = await stage.sidecar();
    const [first, second] = [await stage.connected(sidecar), await stage.connected(sidecar)];
    first.claim('done', { memory: '1 GiB' });
    await first.gate.hear('granted', 'done');
    first.release('done');
    first.claim('runs', { memory: '3 GiB', cpus: 1 });
    await first.gate.hear('granted', 'runs');
    second.claim('waits', { memory: '3 GiB' });
    await second.gate.hear('waiting', 'waits');
    second.claim('refused', { memory: '3 TiB' });
    await second.gate.hear('refused', 'refused');

    const claims = ['done', 'runs', 'waits', 'refused'];
    const answered = await Promise.all(
      answersOf(description).flatMap(({ path, schema }) => {
        const ofUser = path.startsWith('/api/v1/users/') ? ['root'] : [first.id];
        const ids = path.startsWith('/api/v1/claims/') ? claims : ofUser;
        return ids.map(async id => {
          const query = path.endsWith('/series') ? '?of=node' : '';
          const { status, body } = await sidecar.ask('GET', path.replace('{id}', id) + query);
          const problems = validate.validate(schema, body) ? null : validate.errorsText();
          return { path, id, status, problems };
        });
      })
    );
    const isAnswered = ({ path, status }: { path: string; status: number }) =>
      status === 200 || (status === 503 && !HAS_SQLITE && /\/(history|report)/.test(path));
    expect(answered.filter(it => !isAnswered(it) || (it.status === 200 && it.problems))).toEqual(
      []
    );
    expect(new Set(answered.map(it => it.path)).size).toBeGreaterThan(8);
  });
});
