import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import type { Answer } from '../testing/sidecar';
import { SharedSidecar, type UserSide } from '../testing/sharedSidecar';
import { shortDirectory } from '../testing/sidecar';

const root = { describe: process.getuid?.() === 0 ? describe : describe.skip };

/** Users that each machine has. */
const ROOT = { uid: 0, gid: 0, name: 'root', groups: [] };
const DAEMON = { uid: 1, gid: 1, name: 'daemon', groups: ['daemon'] };

const CONFIGURATION = `
groups:
  physics: {quota: 50%, users: ['hub:physics', 'hub:beam line']}
  machine: {quota: 50%, users: ['@daemon']}
`;

root.describe('the groups of the Hub (needs root)', () => {
  let outer: string;
  let sidecar: SharedSidecar;
  let [hub, user]: UserSide[] = [];

  const start = async () => {
    const config = ['--config', join(outer, 'c.yaml')];
    sidecar = await SharedSidecar.start(join(outer, 'state'), join(outer, 'run'), ...config);
    [hub, user] = [await sidecar.serve(ROOT), await sidecar.serve(DAEMON)];
  };

  beforeEach(async () => {
    outer = shortDirectory();
    writeFileSync(join(outer, 'c.yaml'), CONFIGURATION);
    await start();
  });

  afterEach(async () => {
    expect(await sidecar.stop()).toEqual([0]);
    rmSync(outer, { recursive: true });
  });

  const state = (by: UserSide, groups: unknown, name = 'daemon'): Promise<Answer> =>
    by.ask('PUT', `users/${name}/hub-groups`, JSON.stringify({ groups }));

  const groupOf = async (id: string) =>
    (await hub!.snapshot()).holders.find(it => it.id === id)?.group;

  it('[HUB1] decide where a user’s kernels belong, from the statement on, and outlive a crash', async () => {
    const kernel = await user!.connected();
    kernel.claim('runs', { memory: '1 MiB' });
    await kernel.gate.hear('granted', 'runs');
    expect(await groupOf(kernel.id)).toBe('machine');
    const stated = { user: 'daemon', groups: ['beam line', 'lab'] };
    expect(await state(hub!, ['lab', 'beam line', 'lab'])).toEqual({ status: 200, body: stated });
    expect(await groupOf(kernel.id)).toBe('physics');
    expect(sidecar.log).toContain("daemon's groups in JupyterHub are beam line, lab now");
    const { claims } = await hub!.snapshot();
    expect(claims.map(it => [it.id, it.state])).toEqual([['runs', 'running']]);
    await sidecar.kill();
    await sidecar.stop();
    await start();
    const later = await user!.connected();
    expect(await groupOf(later.id)).toBe('physics');
    expect((await hub!.ask('GET', 'users/daemon/hub-groups')).body).toEqual(stated);
    expect(await state(hub!, [])).toMatchObject({ status: 200, body: { groups: [] } });
    expect(await groupOf(later.id)).toBe('machine');
  });

  it('[HUB1] are stated of somebody who is not served yet, by any name of the account', async () => {
    expect(await state(hub!, ['physics'], '2')).toMatchObject({ body: { user: 'bin' } });
    const bin = await sidecar.serve({ uid: 2, gid: 2, name: 'bin', groups: [] });
    const kernel = await bin.connected();
    expect(await groupOf(kernel.id)).toBe('physics');
  });

  it('[HUB2] nobody but an administrator states or reads them', async () => {
    for (const answer of [
      await state(user!, ['physics']),
      await state(user!, ['physics'], 'nobody-has-this-name'),
      await user!.ask('GET', 'users/daemon/hub-groups')
    ]) {
      expect(answer).toMatchObject({ status: 403, body: { code: 'ADMINISTRATORS_ONLY' } });
    }
    const kernel = await user!.connected();
    expect(await groupOf(kernel.id)).toBe('machine');
  });

  it.each([
    ['nobody-has-this-name', ['physics'], 404, 'no user "nobody-has-this-name"'],
    ['%2D%2Dhelp', ['physics'], 404, 'no user "--help"'],
    ['da%0Aemon', ['physics'], 404, 'no user "da�emon"'],
    ['daemon', 'physics', 400, '"groups":'],
    ['daemon', ['physics', ''], 400, '"groups.1": expected the name of a group'],
    ['daemon', [' physics'], 400, '"groups.0": expected the name of a group'],
    ['daemon', ['phy\nsics'], 400, '"groups.0": expected the name of a group'],
    ['daemon', ['p'.repeat(256)], 400, 'up to 255 characters'],
    ['daemon', [7], 400, '"groups.0": expected the name of a group'],
    ['daemon', Array(1025).fill('x'), 400, 'at most 1024 groups']
  ])('[HUB2] %s in %j is refused, and changes nothing', async (name, groups, status, words) => {
    await state(hub!, ['physics']);
    const refused = await state(hub!, groups, name);
    expect(refused).toMatchObject({ status, body: { message: expect.stringContaining(words) } });
    const kept = await hub!.ask('GET', 'users/daemon/hub-groups');
    expect(kept.body).toEqual({ user: 'daemon', groups: ['physics'] });
  });
});
