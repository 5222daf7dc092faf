import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as z from 'zod';

import { CONFIG_SCHEMA } from './configSchema';

const ROOT = join(__dirname, '../../..');
const SCHEMA = 'jupyterlab_cellgrant/schemas/configuration.json';

describe('the schema of the configuration', () => {
  const derived = z.toJSONSchema(CONFIG_SCHEMA, { io: 'input' });

  it('is what editors are given', () => {
    const given: unknown = JSON.parse(readFileSync(join(ROOT, SCHEMA), 'utf8'));
    try {
      expect(given).toEqual(derived);
    } catch (difference) {
      mkdirSync(join(ROOT, 'build'), { recursive: true });
      writeFileSync(join(ROOT, 'build/configuration.json'), JSON.stringify(derived));
      const how = `cp build/configuration.json ${SCHEMA} && npx prettier --write ${SCHEMA}`;
      throw new Error(`${SCHEMA} is not what files are checked by; if that is right: ${how}`, {
        cause: difference
      });
    }
  });

  it('has every field in the example of README.md', () => {
    const readme = readFileSync(join(ROOT, 'README.md'), 'utf8');
    const example = /```yaml\n([^]*?)```/.exec(readme)![1]!;
    const names = fieldsOf(derived);
    expect(names).toEqual(expect.arrayContaining(['groups', 'users', 'exclusive', 'fence']));
    for (const name of names) {
      expect(example).toMatch(new RegExp(`\\b${name}:`));
    }
  });
});

/** The names that a schema knows, wherever in it; hints are others' to show. */
function fieldsOf(schema: unknown): string[] {
  return Object.entries(schema as object).flatMap(([key, it]: [string, unknown]) => [
    ...(key === 'properties' ? Object.keys(it as object) : []),
    ...(typeof it === 'object' && it !== null && key !== 'defaults' ? fieldsOf(it) : [])
  ]);
}
