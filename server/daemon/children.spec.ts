import { DiskFiles } from '../host/files';
import { hasEnded } from '../host/processes';
import type { HolderKind } from '../protocol/holder';
import type { Snapshot } from '../protocol/view';
import { ForkingProcess } from '../testing/forkingProcess';
import { TestConnection } from '../testing/gate';
import { startTicksOf, type TestSidecar } from '../testing/sidecar';
import { Stage } from '../testing/stage';

const files = new DiskFiles();

/** Wait until something holds; the test's own time limit is the bound. */
async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await holds())) {
    await new Promise(resolve => setTimeout(resolve, 20));
  }
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It has ended, as it should.
  }
}

describe('children of a kernel, on a real sidecar', () => {
  const stage = new Stage();
  let sidecar: TestSidecar;
  let parent: ForkingProcess;
  let kernel: TestConnection;
  const forks: number[] = [];
  const token = 'of the family';

  beforeAll(async () => {
    sidecar = await stage.sidecar();
  });

  beforeEach(async () => {
    parent = stage.keep(await ForkingProcess.start('plain'));
    kernel = await said('kernel', parent.place.pid, null, parent.place.holderId);
  });

  afterEach(() => forks.splice(0).forEach(pid => kill(pid)));

  afterAll(() => stage.clear());

  async function fork(): Promise<number> {
    const pid = await parent.fork();
    forks.push(pid);
    return pid;
  }

  /** Say hello for a process; what was answered is still to be heard. */
  async function said(
    kind: HolderKind,
    pid: number,
    parentHolderId: string | null,
    holderId = `${kind}-${pid}`,
    its: object = {}
  ): Promise<TestConnection> {
    const connection = await TestConnection.open(sidecar);
    const process = { holderId, kind, parentHolderId, pid, startTicks: startTicksOf(pid) };
    const hello = { type: 'hello', protocol: 2, ...process, name: holderId, token, holdings: [] };
    connection.say({ ...hello, ...its } as never);
    return connection;
  }

  async function snapshot(): Promise<Snapshot> {
    return (await sidecar.ask('GET', '/api/v1/snapshot')).body as Snapshot;
  }

  it('[HOLD1] [HOLD2] is a holder inside of it, and draws on what it holds', async () => {
    const { holderId } = parent.place;
    kernel.say({ type: 'claim', id: 'outer', sources: { metadata: { memory: '3 GiB' } } });
    await kernel.hear('granted', 'outer');
    const child = await said('cell', await fork(), holderId);
    expect((await child.hear('welcome')).protocol).toBe(2);
    child.say({ type: 'claim', id: 'inner', sources: { metadata: { memory: '3 GiB' } } });
    await child.hear('granted', 'inner');
    const { holders } = await snapshot();
    expect(holders).toContainEqual(
      expect.objectContaining({ kind: 'cell', parentHolderId: holderId, state: 'running' })
    );
    kernel.say({ type: 'release', id: 'outer', outcome: 'ok' });
    await kernel.settled();
    expect((await snapshot()).claims).toContainEqual(
      expect.objectContaining({ id: 'inner', state: 'running' })
    );
    child.say({ type: 'release', id: 'inner', outcome: 'ok' });
  });

  it('[OBS1] counts what a tree of holders has once, of whichever of them it is', async () => {
    kernel.say({ type: 'claim', id: 'less', sources: { metadata: { memory: '1 GiB', cpus: 1 } } });
    await kernel.hear('granted', 'less');
    const child = await said('cell', await fork(), parent.place.holderId);
    child.say({ type: 'claim', id: 'more', sources: { metadata: { memory: '2 GiB', cpus: 1 } } });
    await child.hear('granted', 'more');
    expect((await snapshot()).node.memoryPromisedBytes).toBe(2 * 1024 ** 3);
    const metrics = (await sidecar.ask('GET', '/api/v1/metrics')).body as string;
    const figures = new Map(metrics.split('\n').map(it => it.split(' ') as [string, string]));
    expect(figures.get('cellgrant_group_memory_promised_bytes{group="all"}')).toBe(`${2 ** 31}`);
    expect(figures.get('cellgrant_group_cpus_pinned{group="all"}')).toBe(
      figures.get('cellgrant_node_cpus_pinned')
    );
    kernel.say({ type: 'release', id: 'less', outcome: 'ok' });
    child.say({ type: 'release', id: 'more', outcome: 'ok' });
  });

  it('[HOLD3] ends with it, whoever has its descriptors; a command does not', async () => {
    const { holderId } = parent.place;
    const [forked, started] = [await fork(), await fork()];
    const startTicks = startTicksOf(forked);
    const child = await said('cell', forked, holderId);
    await child.hear('welcome');
    const command = await said('command', started, null);
    await command.hear('welcome');
    child.say({ type: 'claim', id: `of ${forked}`, sources: {} });
    await child.hear('granted', `of ${forked}`);
    await parent.kill();
    await until(async () => !(await snapshot()).holders.some(it => it.pid === forked));
    const { holders, claims } = await snapshot();
    expect(claims.find(it => it.id === `of ${forked}`)).toMatchObject({ outcome: 'died' });
    expect(holders.find(it => it.pid === started)).toMatchObject({ parentHolderId: null });
    await until(() => hasEnded(files, { pid: forked, startTicks }));
    expect(hasEnded(files, { pid: started, startTicks: startTicksOf(started) })).toBe(false);
  });

  it('[API1] [RUN5] is spoken of by its kind, in whatever tells of its claims', async () => {
    const command = await said('command', stage.process().pid!, null, 'train');
    await command.hear('welcome');
    const sources = { metadata: { memory: '900 GiB' } };
    command.say({ type: 'claim', id: 'vast', sources });
    const { message } = await command.hear('refused', 'vast');
    expect(message).toMatch(/^This command asks for --memory = 900 GiB/);
    const { body } = await sidecar.ask('GET', '/api/v1/claims/vast');
    const { story } = body as { story: readonly { sentence: string }[] };
    expect(body).toMatchObject({ holderKind: 'command', message });
    expect(story.at(-1)).toMatchObject({ sentence: message });
    expect((await sidecar.ask('GET', '/api/v1/claims')).body).toContainEqual(
      expect.objectContaining({ id: 'vast', message })
    );
    command.say({ type: 'claim', id: 'modest', sources: { metadata: { cpus: 1 } } });
    await command.hear('granted', 'modest');
    expect((await sidecar.ask('DELETE', '/api/v1/holders/train/hold')).body).toMatchObject({
      message: expect.stringContaining('this command runs; its grant ends with that')
    });
    command.close();
  });

  it.each<[string, HolderKind, () => Promise<number> | number, () => string | null, string]>([
    ['a stranger', 'cell', () => stage.process().pid!, () => parent.place.holderId, 'NOT_A_CHILD'],
    ['one that names no parent', 'cell', () => fork(), () => null, 'NOT_A_CHILD'],
    ['one of nobody', 'worker', () => fork(), () => 'nobody', 'HOLDER_UNKNOWN'],
    ['the kernel itself', 'command', () => parent.place.pid, () => null, 'FOREIGN_PROCESS'],
    ['the sidecar', 'command', () => sidecar.pid, () => null, 'FOREIGN_PROCESS'],
    ['what started it', 'command', () => process.pid, () => null, 'FOREIGN_PROCESS']
  ])('[HOLD2] [SEC7] refuses %s', async (_, kind, pid, parentOf, code) => {
    const connection = await said(kind, await pid(), parentOf());
    expect(await connection.hear('problem')).toMatchObject({ code });
    connection.close();
  });

  it('[HOLD2] refuses a child that does not know its parent’s token, and its own parent', async () => {
    const { holderId } = parent.place;
    const pid = await fork();
    const forged = await said('cell', pid, holderId, 'forged', { token: 'another' });
    expect(await forged.hear('problem')).toMatchObject({ code: 'NOT_THIS_HOLDER' });
    const loop = await said('cell', pid, 'loop', 'loop');
    expect(await loop.hear('problem')).toMatchObject({ code: 'HOLDER_UNKNOWN' });
  });

  it('[HOLD5] refuses a child that speaks as its parent, or under an id that is taken', async () => {
    const { holderId } = parent.place;
    const [first, second] = [await fork(), await fork()];
    const asParent = await said('kernel', first, null, holderId);
    expect(await asParent.hear('problem')).toMatchObject({ code: 'HOLDER_TAKEN' });
    const ofAnotherKind = await said('cell', first, holderId, holderId);
    expect(await ofAnotherKind.hear('problem')).toMatchObject({ code: 'HOLDER_TAKEN' });
    await (await said('cell', first, holderId, 'taken')).hear('welcome');
    const taken = await said('cell', second, holderId, 'taken');
    expect(await taken.hear('problem')).toMatchObject({ code: 'HOLDER_TAKEN' });
    await kernel.settled();
    expect(kernel.has('problem')).toBe(false);
  });

  it('[HOLD6] serves a gate of protocol 1 as it speaks', async () => {
    const old = await TestConnection.open(sidecar);
    const { pid } = stage.process();
    const process = { kernelId: 'old', pid, startTicks: startTicksOf(pid!), name: 'old.ipynb' };
    old.say({ type: 'hello', protocol: 1, ...process, holdings: [] } as never);
    expect((await old.hear('welcome')).protocol).toBe(1);
    old.say({ type: 'claim', id: 'a', sources: {} });
    await old.hear('granted', 'a');
    old.say({ type: 'claim', id: 'b', parentId: 'a', sources: {} } as never);
    await old.hear('granted', 'b');
    expect((await snapshot()).holders.find(it => it.id === 'old')).toMatchObject({
      kind: 'kernel'
    });
  });
});
