import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import type { TestKernel } from '../testing/gate';
import { ANN, BOB, SharedSidecar, type UserSide } from '../testing/sharedSidecar';
import { shortDirectory } from '../testing/sidecar';

const root = { describe: process.getuid?.() === 0 ? describe : describe.skip };

root.describe('caps of users who share a sidecar (needs root)', () => {
  let outer: string;
  let sidecar: SharedSidecar;
  let ann: UserSide;
  let bob: UserSide;

  const configure = (text: string) => writeFileSync(join(outer, 'caps.yaml'), text);

  beforeEach(async () => {
    outer = shortDirectory();
    mkdirSync(join(outer, 'x'));
    configure('userCaps: { kernels: 2, cells: 1, memory: 2 GiB }');
    const [state, run] = [join(outer, 'state'), join(outer, 'run')];
    const options = ['--memory', '8 GiB', '--config', join(outer, 'caps.yaml')];
    sidecar = await SharedSidecar.start(state, run, ...options);
    [ann, bob] = [await sidecar.serve(ANN), await sidecar.serve(BOB)];
  });

  afterEach(async () => {
    expect(await sidecar.stop()).toEqual([0]);
    rmSync(outer, { recursive: true });
  });

  const claims = (kernel: TestKernel, id: string, hints: object) => kernel.claim(id, hints);

  it('[CAP2] [CAP3] [CAP4] one waits for the own cap, told which; the other runs', async () => {
    const [first, second] = [await ann.connected(), await ann.connected()];
    const other = await bob.connected();
    claims(first, 'runs', { memory: '1 GiB' });
    await first.gate.hear('granted', 'runs');
    claims(second, 'waits', { memory: '1 GiB' });
    expect((await second.gate.hear('waiting', 'waits')).sentence).toContain(
      'for a cell of ann to end, of which at most 1 may run'
    );
    claims(other, 'of-bob', { memory: '2 GiB' });
    await other.gate.hear('granted', 'of-bob');
    first.release('runs');
    await second.gate.hear('granted', 'waits');
    claims(first, 'too-much', { memory: '3 GiB' });
    expect((await first.gate.hear('refused', 'too-much')).message).toContain(
      'ann may have at most 2 GiB at once'
    );
  });

  it('[SEC7] [CAP2] gives nobody more who says that it was granted already', async () => {
    const nothing = { cpus: null, threads: null, gpus: [], affinity: null, cpuset: null, env: {} };
    const kernel = bob.kernel();
    const granted = { ...nothing, memoryBytes: 8 * 2 ** 30 };
    await kernel.connect(bob, [{ id: 'forged', sources: {}, agoMs: 0, waitedMs: 0, granted }]);
    const { body } = await bob.ask('GET', 'claims/forged');
    expect(body).toMatchObject({ state: 'running', grant: { memoryBytes: null } });
    const other = await ann.connected();
    claims(other, 'of-ann', { memory: '2 GiB' });
    await other.gate.hear('granted', 'of-ann');
  });

  it('[CAP7] a reload lets those go on who wait', async () => {
    const [first, second] = [await ann.connected(), await ann.connected()];
    claims(first, 'runs', {});
    await first.gate.hear('granted', 'runs');
    claims(second, 'waits', {});
    await second.gate.hear('waiting', 'waits');
    configure('userCaps: { cells: 2 }');
    process.kill(sidecar.pid, 'SIGHUP');
    await second.gate.hear('granted', 'waits');
  });

  it('[ADMIN7] an order of root applies at once to who waits; others are told of it, but not why', async () => {
    const root = await sidecar.serve({ uid: 0, gid: 0, name: 'root', groups: ['root'] });
    const cap = (side: UserSide, caps: object | null) =>
      side.ask('POST', 'admin/cap', JSON.stringify({ user: 'ann', caps, why: 'a course' }));
    const [first, second] = [await ann.connected(), await ann.connected()];
    claims(first, 'runs', {});
    await first.gate.hear('granted', 'runs');
    claims(second, 'waits', {});
    await second.gate.hear('waiting', 'waits');
    expect((await cap(ann, { cells: 2 })).status).toBe(403);
    expect((await cap(root, { cells: 2, kernels: 5 })).status).toBe(204);
    await second.gate.hear('granted', 'waits');
    const orderSeenBy = async (side: UserSide) =>
      (await side.snapshot()).caps.find(it => it.user === 'ann')!.order;
    const order = { owner: 'ann', by: 'root', sinceMs: expect.any(Number) };
    expect(await orderSeenBy(ann)).toEqual({ ...order, why: 'a course' });
    expect(await orderSeenBy(bob)).toEqual({ ...order, why: null });
    expect((await cap(root, null)).status).toBe(204);
    claims(first, 'next', {});
    first.release('runs');
    expect((await first.gate.hear('waiting', 'next')).sentence).toContain('at most 1 may run');
  });

  it('[CAP5] refuses one kernel of two that are launched at once, and each user has a cap', async () => {
    await ann.connected();
    const launchers = [await ann.open(), await ann.open()];
    launchers.forEach((it, n) => it.say({ type: 'prepare', holderId: `new-${n}` }));
    await launchers[0]!.hear('launch');
    expect((await launchers[1]!.hear('problem')).message).toContain(
      'ann may have no more than the 2 kernels there are now'
    );
    const theirs = await bob.open();
    theirs.say({ type: 'prepare', holderId: 'of-bob' });
    await theirs.hear('launch');
    // It was never started: its place is another's.
    launchers[0]!.say({ type: 'ended', holderId: 'new-0' });
    await launchers[0]!.hear('gone');
    launchers[1]!.say({ type: 'prepare', holderId: 'new-1' });
    await launchers[1]!.hear('launch');
    [...launchers, theirs].forEach(it => it.close());
  });

  it('[CAP1] shows each cap and what counts against it', async () => {
    const kernel = await ann.connected();
    claims(kernel, 'runs', { memory: '1 GiB' });
    await kernel.gate.hear('granted', 'runs');
    const [cap] = (await ann.snapshot()).caps;
    expect(cap).toEqual({
      group: 'all',
      user: 'ann',
      order: null,
      caps: [
        { what: 'kernels', used: 1, most: 2 },
        { what: 'cells', used: 1, most: 1 },
        { what: 'memory', used: 2 ** 30, most: 2 ** 31 }
      ]
    });
  });
});
