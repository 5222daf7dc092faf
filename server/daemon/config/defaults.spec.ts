import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { openInstance, type Instance } from '../instance';
import { Defaults } from './defaults';

const OWNER = { uid: 1000, name: 'ann' };
const BOB = { uid: 1001, name: 'bob' };

describe('defaults', () => {
  let outer: string;
  let instance: Instance;
  let log: string[];
  let changes: number;

  beforeEach(async () => {
    outer = mkdtempSync(join(tmpdir(), 'cg-'));
    [log, changes] = [[], 0];
    instance = await openInstance(join(outer, 'i'), (_, line) => void log.push(line));
  });

  afterEach(() => {
    instance.leave();
    rmSync(outer, { recursive: true });
  });

  /** Those that a sidecar knows which starts now; kernels called `b…` are of Bob. */
  const begun = () =>
    new Defaults(
      instance.directory,
      OWNER,
      { ownerOf: id => (id.startsWith('b') ? BOB : null) },
      () => (changes += 1)
    );

  it('[ADM2] of a notebook come before those of its user, who is its owner', async () => {
    const defaults = begun();
    expect(defaults.hintsFor('b')).toEqual([]);
    await defaults.setUser({ priority: 1 }, OWNER);
    await defaults.setUser({ priority: 2 }, BOB);
    await defaults.setKernel('b', { priority: 3 });
    expect(defaults.hintsFor('b').map(it => it.priority)).toEqual([3, 2]);
    expect(defaults.hintsFor('other').map(it => it.priority)).toEqual([1]);
    expect(changes).toBe(3);
  });

  it('[SYS3] outlive the sidecar, those of each user and of each notebook', async () => {
    const before = begun();
    await before.setUser({ priority: 1 }, OWNER);
    await before.setUser({ priority: 2 }, BOB);
    await before.setKernel('b', { priority: 3 });
    await before.setKernel('gone', { priority: 4 });
    await before.setKernel('gone', {});
    const after = begun();
    expect([OWNER, BOB].map(it => after.ofUser(it))).toEqual([{ priority: 1 }, { priority: 2 }]);
    expect(['b', 'gone'].map(it => after.ofKernel(it))).toEqual([{ priority: 3 }, {}]);
    expect(after.hintsFor('gone')).toHaveLength(1);
  });

  it('[ADM4] that are malformed are refused, and those before stay', async () => {
    const defaults = begun();
    await defaults.setUser({ priority: 1 }, OWNER);
    expect(await defaults.setUser({ priority: 'x' }, OWNER)).toMatchObject({
      code: 'HINT_INVALID'
    });
    expect(await defaults.setKernel('k', { cpus: -1 })).toMatchObject({ code: 'HINT_INVALID' });
    expect(defaults.hintsFor('k')).toEqual([{ priority: 1 }]);
    expect(changes).toBe(1);
  });

  it('[ADM4] that somebody spoilt in the file cost a line in the log', () => {
    instance.directory.replace('defaults.json', '{"priority": "x"}');
    expect(begun().ofUser(OWNER)).toEqual({});
    expect(log.join()).toMatch(/defaults\.json.*priority/);
  });

  it('[SEC9] of the notebooks set longest ago are dropped where there are too many', async () => {
    const many = Array.from({ length: 4096 }, (_, n) => [`k${n}`, { priority: 1 }]);
    instance.directory.replace('notebooks.json', JSON.stringify(Object.fromEntries(many)));
    const defaults = begun();
    await defaults.setKernel('k0', { priority: 2 });
    await defaults.setKernel('new', { priority: 3 });
    expect(['k0', 'k1', 'k2', 'new'].map(it => defaults.ofKernel(it))).toEqual([
      { priority: 2 },
      {},
      { priority: 1 },
      { priority: 3 }
    ]);
  });
});
