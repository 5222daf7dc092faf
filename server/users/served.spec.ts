import { chmodSync, chownSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import type { OwnDirectory } from '../host/ownDirectory';
import type { Caller } from '../protocol/caller';
import { ANN, BOB } from '../testing/sharedSidecar';
import { boundsOf } from './bounds';
import { Users, type UnixUser } from './users';

const root = { describe: process.getuid?.() === 0 ? describe : describe.skip };

root.describe('who is served (needs root)', () => {
  let outer: string;
  let path: string;
  let log: string[];
  let callers: Caller[];
  let open: number;
  let kept: UnixUser[][];

  beforeEach(() => {
    outer = mkdtempSync(join(tmpdir(), 'cg-'));
    path = join(outer, 'u');
    [log, callers, open, kept] = [[], [], 0, []];
  });

  afterEach(() => rmSync(outer, { recursive: true }));

  /** Whom one serves that served these before; `of` those no socket can be opened for. */
  function usersOf(before: readonly UnixUser[] = [], failing: readonly UnixUser[] = []): Users {
    // Those of this test: what an earlier one wrote late is not ours.
    const [saved, lines] = [kept, log];
    const own = {
      load: (_: string, parse: (value: unknown) => unknown) => parse(before),
      draft: async (_: string, text: string) => () =>
        void saved.push(JSON.parse(text) as UnixUser[])
    };
    return new Users({
      directory: path,
      instance: { directory: own as unknown as OwnDirectory },
      onGroups: () => undefined,
      openTo: async caller => {
        if (failing.some(it => it.uid === caller.uid)) {
          throw new Error(`no socket for ${caller.name}`);
        }
        callers.push(caller);
        open += 1;
        return async () => void (open -= 1);
      },
      log: (_, line) => void lines.push(line)
    });
  }

  it.each<[string, () => void]>([
    ['anybody may write to', () => chmodSync(path, 0o777)],
    ['a group may write to', () => chmodSync(path, 0o775)],
    ['is of another user', () => chownSync(path, ANN.uid, ANN.gid)]
  ])('[SYS1] nobody is below a directory that %s', async (_, spoil) => {
    mkdirSync(path);
    spoil();
    await expect(usersOf().begin()).rejects.toThrow('nobody else may write to');
  });

  it('[SYS4] everybody is again but those for whom it fails, which is logged', async () => {
    const end = await usersOf([ANN, BOB], [ANN]).begin();
    expect(callers.map(it => it.name)).toEqual(['bob']);
    expect(log).toContain('no socket for ann');
    await end();
  });

  it('[SYS1] nobody is any more in the end, and another one can serve them', async () => {
    for (let n = 0; n < 2; n += 1) {
      const users = usersOf();
      const end = await users.begin();
      await users.serve(ANN);
      expect(open).toBe(1);
      await end();
      expect(open).toBe(0);
    }
    rmSync(path, { recursive: true });
    await new Promise(resolve => setImmediate(resolve));
    expect(log.filter(it => it.includes('no more'))).toEqual([]);
  });

  it('[SEC9] so many are at once, and one more is told that it is not', async () => {
    const users = usersOf();
    const end = await users.begin();
    const crowd = Array.from({ length: 1024 }, (_, n) => ({ ...ANN, uid: 70_000 + n }));
    await Promise.all(crowd.map(it => users.serve(it)));
    await expect(users.serve(ANN)).rejects.toThrow('1024 users are served already');
    expect(await users.serve(crowd[0]!)).toBe(join(path, '70000'));
    await end();
  });

  it('[SYS1] one is, in a directory that became theirs', async () => {
    const users = usersOf();
    const end = await users.begin();
    const place = join(path, String(ANN.uid));
    mkdirSync(place, { mode: 0o700 });
    await expect(users.serve(ANN)).rejects.toThrow('remove it');
    chownSync(place, ANN.uid, ANN.gid);
    expect(await users.serve(ANN)).toBe(place);
    await end();
  });

  it('[SYS4] one is not after a crash who removed the directory, until they ask again', async () => {
    const users = usersOf();
    const end = await users.begin();
    const place = await users.serve(ANN);
    await users.serve(BOB);
    rmSync(place, { recursive: true });
    while (open > 1 || !log.some(it => it.includes('served no more'))) {
      await new Promise(resolve => setTimeout(resolve, 20));
    }
    expect(kept.at(-1)).toEqual([BOB]);
    expect(await users.serve(ANN)).toBe(place);
    expect(callers.map(it => it.name)).toEqual(['ann', 'bob', 'ann']);
    await end();
  });
});

describe('what one user may have', () => {
  it('[SEC9] is a part where there are others, and leaves something to the sidecar', () => {
    const shared = boundsOf(1024, true);
    expect(shared.gates).toMatchObject({ connectionsMax: 84, claimsMax: 1024 });
    expect(shared.gates.turn).toMatchObject({ ms: 1, pauseMs: 2 });
    expect(shared.api).toBe(28);
    const alone = boundsOf(1024, false);
    expect([alone.gates.connectionsMax, alone.api]).toEqual([672, 224]);
    expect(alone.gates.connectionsMax + alone.api).toBe(1024 - 128);
  });

  it('[SEC9] is enough to work with, however few descriptors there are, and bounded', () => {
    const few = boundsOf(64, true);
    expect([few.gates.connectionsMax, few.api]).toEqual([16, 8]);
    const many = boundsOf(1e6, false);
    expect([many.gates.connectionsMax, many.api]).toEqual([4096, 1024]);
  });
});
