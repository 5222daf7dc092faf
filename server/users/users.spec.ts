import { lstatSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { ANN, BOB, SharedSidecar, type UserSide } from '../testing/sharedSidecar';
import { shortDirectory } from '../testing/sidecar';

const root = { describe: process.getuid?.() === 0 ? describe : describe.skip };

root.describe('a sidecar of the whole node (needs root)', () => {
  let outer: string;
  let sidecar: SharedSidecar;

  const start = (...args: readonly string[]) =>
    SharedSidecar.start(join(outer, 'state'), join(outer, 'run'), '--memory', '4 GiB', ...args);

  beforeEach(async () => {
    outer = shortDirectory();
    mkdirSync(join(outer, 'x'));
    sidecar = await start();
  });

  afterEach(async () => {
    expect(await sidecar.stop()).toEqual([0]);
    rmSync(outer, { recursive: true });
  });

  const ownerAndMode = (path: string): readonly unknown[] => {
    const { uid, mode } = lstatSync(path);
    return [uid, (mode & 0o777).toString(8)];
  };

  it('[SYS1] gives each user a directory and sockets that nobody else can open', async () => {
    for (const user of [ANN, BOB]) {
      const { directory, gatePath, apiPath } = await sidecar.serve(user);
      expect(directory).toBe(join(outer, 'run', String(user.uid)));
      expect(ownerAndMode(directory)).toEqual([user.uid, '700']);
      expect(ownerAndMode(gatePath)).toEqual([user.uid, '600']);
      expect(ownerAndMode(apiPath)).toEqual([user.uid, '600']);
    }
    expect(ownerAndMode(join(outer, 'run'))).toEqual([0, '755']);
    const again = await Promise.all([sidecar.order(ANN), sidecar.order(ANN)]);
    expect(new Set(again.map(it => it['directory']))).toEqual(
      new Set([join(outer, 'run', '64101')])
    );
  });

  it.each([
    ['not JSON', /JSON/],
    ['{"uid": -1}', /uid/],
    ['{"uid": 1, "gid": 1, "name": "", "groups": []}', /name/],
    ['{"uid": 1, "gid": 1, "name": "@staff", "groups": []}', /name/],
    ['{"uid": 1, "gid": 1, "name": "hub:physics", "groups": []}', /name/]
  ])('[SYS1] answers %j with what is wrong', async (line, words) => {
    const { why, directory } = await sidecar.order(line);
    expect([directory, why]).toEqual([undefined, expect.stringMatching(words)]);
    await sidecar.serve(ANN);
  });

  it.each<[string, (path: string) => void]>([
    ['a link', path => symlinkSync(join(outer, 'x'), path)],
    ['a file', path => writeFileSync(path, '')],
    ["root's own directory", path => mkdirSync(path, { mode: 0o700 })]
  ])('[SYS1] follows nothing that is in the place of a directory: %s', async (_, make) => {
    const place = join(outer, 'run', String(ANN.uid));
    make(place);
    await expect(sidecar.serve(ANN)).rejects.toThrow(/64101/);
    await sidecar.serve(BOB);
    rmSync(place, { recursive: true });
    await sidecar.serve(ANN);
  });

  it('[SYS2] shares one node among users: memory is promised once', async () => {
    const [ann, bob] = await bothConnected();
    ann.kernel.claim('of-ann', { memory: '3 GiB' });
    await ann.kernel.gate.hear('granted', 'of-ann');
    bob.kernel.claim('of-bob', { memory: '3 GiB' });
    await bob.kernel.gate.hear('waiting', 'of-bob');
    ann.kernel.release('of-ann');
    await bob.kernel.gate.hear('granted', 'of-bob');
  });

  it('[SEC8] lets nobody act on what is of another user', async () => {
    const [ann, bob] = await bothConnected();
    ann.kernel.claim('running', { memory: '3 GiB', hold: true });
    await ann.kernel.gate.hear('granted', 'running');
    const second = await ann.side.connected();
    second.claim('waiting', { memory: '3 GiB' });
    await second.gate.hear('waiting', 'waiting');
    const of = (it: { status: number; body: unknown }) => [
      it.status,
      (it.body as { code: string } | null)?.code
    ];
    const no = [403, 'NOT_YOURS'];
    const at = `holders/${ann.kernel.id}`;
    expect(of(await bob.side.ask('DELETE', 'claims/waiting'))).toEqual(no);
    expect(of(await bob.side.ask('DELETE', `${at}/hold`))).toEqual(no);
    expect(of(await bob.side.ask('POST', `${at}/free`))).toEqual(no);
    expect(of(await bob.side.ask('DELETE', `${at}/restart-request`))).toEqual(no);
    expect(of(await bob.side.ask('PUT', `${at}/defaults`, '{"cpus": 1}'))).toEqual(no);
    expect(of(await bob.side.ask('POST', `${at}/fits`, '[]'))).toEqual(no);
    expect(of(await bob.side.ask('PUT', 'policy', '{"policy": "naive"}'))).toEqual([
      403,
      'ADMINISTRATORS_ONLY'
    ]);
    expect(of(await ann.side.ask('DELETE', 'claims/waiting'))).toEqual([204, undefined]);
  });

  it('[SEC8] lets nobody speak for the kernel of another user, nor bring it in', async () => {
    const { side: ann, kernel } = (await bothConnected())[0];
    const bob = await sidecar.serve(BOB);
    const forged = await bob.open();
    forged.say({ type: 'hello', protocol: 2, ...kernel.process, holdings: [] });
    expect(await forged.hear('problem')).toMatchObject({ code: 'NOT_THIS_HOLDER' });
    forged.say({ type: 'ended', holderId: kernel.id });
    expect(await forged.hear('problem')).toMatchObject({ code: 'NOT_THIS_HOLDER' });
    const other = ann.kernel();
    forged.say({ type: 'hello', protocol: 2, ...other.process, holdings: [] });
    expect(await forged.hear('problem')).toMatchObject({ code: 'FOREIGN_PROCESS' });
    const { holders } = await ann.snapshot();
    expect(holders.filter(it => it.owner === 'ann').map(it => it.id)).toEqual([kernel.id]);
  });

  it('[ADMIN1] has whom its configuration names as administrators, from the reload on', async () => {
    expect(await sidecar.stop()).toEqual([0]);
    const file = join(outer, 'cellgrant.yaml');
    writeFileSync(file, 'administrators: [ann]\n');
    sidecar = await start('--config', file);
    const [{ side: ann, kernel }, { side: bob }] = await bothConnected();
    const seenBy = async (side: UserSide) =>
      (await side.snapshot()).holders.find(it => it.id === kernel.id)!.pid;
    const policyBy = (side: UserSide) => side.ask('PUT', 'policy', '{"policy": "naive"}');
    expect((await policyBy(ann)).status).toBe(200);
    expect((await policyBy(bob)).status).toBe(403);
    expect(await seenBy(bob)).toBe(0);
    writeFileSync(file, 'administrators: ["@staff"]\n');
    process.kill(sidecar.pid, 'SIGHUP');
    // Bob's directory service has him in this group by now.
    await sidecar.serve({ ...BOB, groups: ['staff'] });
    while ((await policyBy(bob)).status !== 200) {
      await new Promise(resolve => setTimeout(resolve, 10));
    }
    expect((await policyBy(ann)).status).toBe(403);
    expect(await seenBy(bob)).toBe(kernel.process.pid);
  });

  it('[SYS5] asks for whom it serves again at a start and a reload; new groups count at once', async () => {
    expect(await sidecar.stop()).toEqual([0]);
    const file = join(outer, 'cellgrant.yaml');
    writeFileSync(file, 'administrators: ["@staff"]\ngroups: {physics: {users: ["@atlas"]}}\n');
    sidecar = await start('--config', file);
    const known = [ANN, BOB].map(({ uid, gid }) => ({ uid, gid }));
    expect(sidecar.asked).toEqual([]);
    const [{ side: ann, kernel }] = await bothConnected();
    const groupOf = async () =>
      (await ann.snapshot()).holders.find(it => it.id === kernel.id)!.group;
    expect(await groupOf()).toBe('physics');
    process.kill(sidecar.pid, 'SIGHUP');
    while (sidecar.asked.length === 0) {
      await new Promise(resolve => setTimeout(resolve, 10));
    }
    expect(sidecar.asked).toEqual([known]);
    await sidecar.serve({ ...ANN, groups: ['staff'] });
    expect(await groupOf()).toBe('all');
    expect((await ann.ask('PUT', 'admin/drain')).status).toBe(204);
    await sidecar.serve({ ...ANN, groups: [] });
    expect((await ann.ask('DELETE', 'admin/drain')).status).toBe(403);
    await sidecar.kill();
    sidecar = await start('--config', file);
    await sidecar.serve(BOB); // what it said before is read by then
    expect(sidecar.asked).toEqual([known]);
  });

  it("[SEC1] shows others' kernels and cells by owner and amount, and by nothing that names them", async () => {
    const [ann, bob] = await bothConnected();
    const claim = { id: 'secret', cellId: 'cell-of-ann', label: 'secret-label' };
    ann.kernel.gate.say({ type: 'claim', ...claim, sources: { metadata: { memory: '3 GiB' } } });
    await ann.kernel.gate.hear('granted', 'secret');
    bob.kernel.claim('of-bob', { memory: '3 GiB' });
    const { sentence } = await bob.kernel.gate.hear('waiting', 'of-bob');
    expect(sentence).toBe('for 3 GiB; 3 GiB held by ann');
    const texts = await Promise.all(
      ['snapshot', 'claims', 'holders', 'claims/of-bob', 'claims/secret'].map(async path =>
        JSON.stringify((await bob.side.ask('GET', path)).body)
      )
    );
    for (const text of texts) {
      expect(text).not.toMatch(/secret-label|cell-of-ann/);
      expect(text).not.toContain(`${ann.kernel.id}.ipynb`);
    }
    const { holders, claims } = await bob.side.snapshot();
    const of = (id: string) => holders.find(it => it.id === id)!;
    expect(of(ann.kernel.id)).toMatchObject({ name: 'ann', owner: 'ann', pid: 0 });
    expect(of(ann.kernel.id).grant!.memoryBytes).toBe(3 * 2 ** 30);
    expect(of(bob.kernel.id)).toMatchObject({ name: `${bob.kernel.id}.ipynb` });
    expect(claims.find(it => it.id === 'secret')).toMatchObject({
      holderName: 'ann',
      owner: 'ann',
      label: null,
      cellId: null
    });
    expect((await bob.side.ask('GET', 'claims/secret')).body).toMatchObject({ story: [] });
    const own = (await ann.side.ask('GET', 'claims/secret')).body as { story: unknown[] };
    expect(own).toMatchObject({ label: 'secret-label' });
    expect(own.story.length).toBeGreaterThan(0);
  });

  it('[SYS3] keeps the defaults of each user apart', async () => {
    const [ann, bob] = await bothConnected();
    await ann.side.ask('PUT', 'defaults', '{"memory": "1 GiB"}');
    expect((await bob.side.ask('GET', 'defaults')).body).toEqual({});
    ann.kernel.claim('a', {});
    bob.kernel.claim('b', {});
    const grants = [
      await ann.kernel.gate.hear('granted', 'a'),
      await bob.kernel.gate.hear('granted', 'b')
    ];
    expect(grants.map(it => it.grant.memoryBytes)).toEqual([2 ** 30, null]);
  });

  it('[CFG3] has a user in the group that names a Unix group of that user, also after a crash', async () => {
    expect(await sidecar.stop()).toEqual([0]);
    const file = join(outer, 'cellgrant.yaml');
    writeFileSync(file, 'groups: {physics: {users: ["@atlas"]}}\n');
    sidecar = await start('--config', file);
    const [ann, bob] = await bothConnected();
    const groups = async () =>
      Object.fromEntries((await ann.side.snapshot()).holders.map(it => [it.owner, it.group]));
    expect(await groups()).toEqual({ ann: 'physics', bob: 'all' });
    await sidecar.kill();
    sidecar = await start('--config', file);
    await bob.kernel.connect(bob.side);
    await ann.kernel.connect(ann.side);
    expect(await groups()).toEqual({ ann: 'physics', bob: 'all' });
  });

  it('[SYS4] serves again, after it was killed, whom it served, and loses no grant', async () => {
    const [ann, bob] = await bothConnected();
    const claim = ann.kernel.claim('held', { memory: '3 GiB' });
    const { grant } = await ann.kernel.gate.hear('granted', 'held');
    await sidecar.kill();
    sidecar = await start();
    await bob.kernel.connect(bob.side);
    bob.kernel.claim('next', { memory: '3 GiB' });
    await bob.kernel.gate.hear('waiting', 'next');
    await ann.kernel.connect(ann.side, [{ ...claim, granted: grant, agoMs: 10, waitedMs: 0 }]);
    const { holders } = await ann.side.snapshot();
    expect(holders.map(it => [it.id, it.owner, it.state]).sort()).toEqual(
      [
        [ann.kernel.id, 'ann', 'running'],
        [bob.kernel.id, 'bob', 'waiting']
      ].sort()
    );
    ann.kernel.release('held');
    await bob.kernel.gate.hear('granted', 'next');
  });

  it('[SYS1] makes a directory anew that its user removed', async () => {
    const side = await sidecar.serve(ANN);
    rmSync(side.directory, { recursive: true });
    await expect(
      (async () => {
        while (!sidecar.log.includes('its user is served no more')) {
          await new Promise(resolve => setTimeout(resolve, 50));
        }
        return sidecar.serve(ANN);
      })()
    ).resolves.toMatchObject({ directory: side.directory });
    expect(ownerAndMode(side.gatePath)).toEqual([ANN.uid, '600']);
  });

  type Both = {
    readonly side: UserSide;
    readonly kernel: Awaited<ReturnType<UserSide['connected']>>;
  };

  async function bothConnected(): Promise<[Both, Both]> {
    const sides = [await sidecar.serve(ANN), await sidecar.serve(BOB)] as const;
    const both = await Promise.all(
      sides.map(async side => ({ side, kernel: await side.connected() }))
    );
    return both as [Both, Both];
  }
});
