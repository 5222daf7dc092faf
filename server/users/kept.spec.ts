import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import type { OwnDirectory } from '../host/ownDirectory';
import { Users } from './users';

const SELF = { uid: process.getuid!(), gid: process.getgid!(), name: 'self', groups: [] };

describe('who is served', () => {
  let directory: string;

  beforeEach(() => (directory = mkdtempSync(join(tmpdir(), 'cg-'))));

  afterEach(() => rmSync(directory, { recursive: true }));

  it('[SYS4] is told so when that is on the disk, and not before', async () => {
    const order: string[] = [];
    const draft = async () => {
      await new Promise(resolve => setImmediate(resolve));
      return () => void order.push('kept');
    };
    const own = { load: () => null, draft } as unknown as OwnDirectory;
    const users = new Users({
      directory: join(directory, 'users'),
      instance: { directory: own },
      onGroups: () => undefined,
      openTo: async () => async () => undefined,
      log: () => undefined
    });
    const end = await users.begin();
    await users.serve(SELF);
    order.push('told');
    await end();
    expect(order).toEqual(['kept', 'told']);
  });

  it('[SYS4] forgets nobody, however early it ends after it began', async () => {
    const kept: unknown[][] = [];
    const before = [SELF, { ...SELF, uid: SELF.uid + 1, name: 'other' }];
    const own = {
      load: (_: string, parse: (value: unknown) => unknown) => parse(before),
      draft: async (_: string, text: string) => () => void kept.push(JSON.parse(text) as unknown[])
    } as unknown as OwnDirectory;
    const users = new Users({
      directory: join(directory, 'users'),
      instance: { directory: own },
      onGroups: () => undefined,
      openTo: async () => async () => undefined,
      log: () => undefined
    });
    const end = await users.begin();
    await end();
    expect(kept.length).toBeGreaterThan(0);
    expect(kept.map(it => it.length)).toEqual(kept.map(() => before.length));
  });

  it('[SYS1] is served at the second attempt where the sockets could not be opened at the first', async () => {
    const own = { load: () => null, draft: async () => () => undefined } as unknown as OwnDirectory;
    let attempts = 0;
    const users = new Users({
      directory: join(directory, 'users'),
      instance: { directory: own },
      onGroups: () => undefined,
      openTo: async () => {
        attempts += 1;
        if (attempts === 1) {
          throw new Error('no descriptor is left');
        }
        return async () => undefined;
      },
      log: () => undefined
    });
    const end = await users.begin();
    await expect(users.serve(SELF)).rejects.toThrow('no descriptor is left');
    expect(await users.serve(SELF)).toBe(join(directory, 'users', String(SELF.uid)));
    await end();
  });
});
