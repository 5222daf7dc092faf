import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import type { ConfigurationView } from '../../protocol/configuration';
import type { Snapshot } from '../../protocol/view';
import { TestConnection, type TestKernel } from '../../testing/gate';
import { exitOf, spawnSidecar, textOf, type TestSidecar } from '../../testing/sidecar';
import { Stage } from '../../testing/stage';

const GROUPS = `groups:
  atlas: {quota: 50%, notebooks: [atlas/**]}
  phenix: {notebooks: [phenix/**]}
`;

describe('the configuration of a sidecar', () => {
  let stage: Stage;
  let path: string;

  beforeEach(() => {
    stage = new Stage();
    path = join(stage.directory(), 'cellgrant.yaml');
  });

  afterEach(() => stage.clear());

  async function configured(text: string): Promise<TestSidecar> {
    writeFileSync(path, text);
    return stage.sidecar('--config', path);
  }

  async function view(sidecar: TestSidecar): Promise<ConfigurationView> {
    return (await sidecar.ask('GET', '/api/v1/configuration')).body as ConfigurationView;
  }

  async function snapshotOf(sidecar: TestSidecar): Promise<Snapshot> {
    return (await sidecar.ask('GET', '/api/v1/snapshot')).body as Snapshot;
  }

  /** Write the file anew, and let the sidecar read it. */
  async function reload(sidecar: TestSidecar, text: string): Promise<readonly string[]> {
    const { readMs } = await view(sidecar);
    writeFileSync(path, text);
    process.kill(sidecar.pid, 'SIGHUP');
    for (;;) {
      const now = await view(sidecar);
      if (now.readMs !== readMs) {
        return now.problems;
      }
      await new Promise(resolve => setTimeout(resolve, 10));
    }
  }

  /** A kernel that a launcher registered with its notebook. */
  async function opened(sidecar: TestSidecar, notebook: string): Promise<TestKernel> {
    const kernel = await stage.connected(sidecar);
    const launcher = await TestConnection.open(sidecar);
    launcher.say({ type: 'register', ...kernel.process, notebook });
    await launcher.hear('registered');
    launcher.close();
    return kernel;
  }

  it('[CFG1] [CFG3] is read again at SIGHUP, while a cell runs and one waits: nothing is lost', async () => {
    const sidecar = await configured('');
    const [one, other] = [
      await opened(sidecar, '/users/ann/atlas/a.ipynb'),
      await opened(sidecar, '/users/ann/phenix/p.ipynb')
    ];
    one.claim('runs', { memory: '3 GiB', cpus: 1 });
    await one.gate.hear('granted', 'runs');
    const mask = one.mask();
    other.claim('waits', { memory: '3 GiB' });
    await other.gate.hear('waiting', 'waits');

    expect(await reload(sidecar, GROUPS)).toEqual([]);
    const { holders, claims } = await snapshotOf(sidecar);
    expect(holders.map(it => [it.group, it.state])).toEqual([
      ['atlas', 'running'],
      ['phenix', 'waiting']
    ]);
    expect(claims.map(it => [it.id, it.state])).toEqual([
      ['waits', 'waiting'],
      ['runs', 'running']
    ]);
    expect(one.mask()).toBe(mask);
    one.release('runs');
    await other.gate.hear('granted', 'waits');
    expect([one.gate, other.gate].some(it => it.has('problem') || it.has('refused'))).toBe(false);
  });

  it('[CFG1] [CFG2] a bad file changes nothing, and everything wrong is told with its line', async () => {
    const sidecar = await configured(`${GROUPS}limits: {memory: 2 GiB}\npolicy: naive\n`);
    const kernel = await opened(sidecar, '/users/ann/atlas/a.ipynb');
    await sidecar.ask('PUT', '/api/v1/policy', '{"policy": "partitioned"}');
    const problems = await reload(sidecar, 'groups:\n  b: {quota: 150%}\n  c: {}\n  c: {}\n');
    expect(problems).toEqual([
      expect.stringContaining(`${path}:2: a quota is above 0 % and up to 100 %, not 150 %`),
      expect.stringContaining(`${path}:4: the name "c" stands here twice`)
    ]);
    const more = await reload(sidecar, 'groups:\n  b: {quota: 150%}\nspeed: 1\nhold: {idle: x}\n');
    expect(more).toEqual([
      expect.stringContaining(`${path}:2: a quota is above 0 %`),
      expect.stringContaining(`${path}:3: "speed" is not known`),
      expect.stringContaining(`${path}:4: "idle" is "x"; expected a time`)
    ]);
    const { node, holders } = await snapshotOf(sidecar);
    expect(node.notices.join('\n')).toContain('what it said before stays in force');
    expect(node.notices).toEqual(expect.arrayContaining([...more]));
    expect(more.every(it => sidecar.log.includes(it))).toBe(true);
    expect([holders[0]?.group, node.policy]).toEqual(['atlas', 'partitioned']);
    kernel.claim('big', { memory: '3 GiB' });
    expect(await kernel.gate.hear('refused', 'big')).toMatchObject({ code: 'ABOVE_LIMIT' });

    expect(await reload(sidecar, GROUPS)).toEqual([]);
    expect((await snapshotOf(sidecar)).node.notices.join()).not.toContain(path);
    kernel.claim('now', { memory: '3 GiB' });
    await kernel.gate.hear('granted', 'now');
  });

  it('[CFG1] a bad file at the start: everybody shares alike, and cells run', async () => {
    const sidecar = await configured('groups: {a: {quota: 0}}');
    const kernel = await opened(sidecar, '/x/a.ipynb');
    kernel.claim('c', { memory: '1 GiB' });
    await kernel.gate.hear('granted', 'c');
    expect((await snapshotOf(sidecar)).node.notices).toEqual(
      expect.arrayContaining([
        expect.stringContaining('everybody shares alike'),
        expect.stringContaining(`${path}:1: a quota is above 0 CPUs`)
      ])
    );
  });

  it.each([
    ['/nowhere/cellgrant.yaml', 'there is no such file'],
    ['/dev', 'no file'],
    ['/dev/zero', 'no file']
  ])('[CFG1] serves without %s, and says why', async (file, why) => {
    const sidecar = await stage.sidecar('--config', file);
    expect((await view(sidecar)).problems).toEqual([expect.stringContaining(why)]);
  });

  it('[CFG1] reserves and the policy count from the start, memory and policy at a reload too', async () => {
    const all = (await snapshotOf(await stage.sidecar())).node.cpus;
    const sidecar = await configured('reserve: {memory: 1 GiB, cpus: 1}\npolicy: partitioned\n');
    const before = (await snapshotOf(sidecar)).node;
    expect(before).toMatchObject({ memoryReserveBytes: 2 ** 30, policy: 'partitioned' });
    expect(before.cpus).toBe(Math.max(1, all - 1));
    const changed = 'reserve: {memory: 2 GiB, cpus: 0}\ngpus: {fence: true}\npolicy: dynamic\n';
    await reload(sidecar, changed);
    const { node } = await snapshotOf(sidecar);
    expect(node).toMatchObject({ memoryReserveBytes: 2 * 2 ** 30, policy: 'dynamic' });
    expect(node.cpus).toBe(before.cpus);
    expect(node.notices.join()).toContain('"reserve.cpus" is 0 now');
    expect(node.notices.join()).toContain('"gpus.fence" is true now');
    await reload(sidecar, 'reserve: {memory: 64 GiB, cpus: 1}\npolicy: naive');
    expect((await snapshotOf(sidecar)).node.notices.join()).toContain('all of this node');
    await reload(sidecar, '');
    expect((await snapshotOf(sidecar)).node.policy).toBe('dynamic');
    await sidecar.ask('PUT', '/api/v1/policy', '{"policy": "naive"}');
    await reload(sidecar, GROUPS);
    expect((await snapshotOf(sidecar)).node.policy).toBe('naive');
  });

  it('[CFG1] [CFG5] reads the administrator’s file and the user’s, each again at SIGHUP', async () => {
    const site = join(stage.directory(), 'site.yaml');
    writeFileSync(site, 'limits: {memory: 1 GiB}\nreserve: {memory: 1 GiB}');
    writeFileSync(path, 'limits: {memory: 64 GiB}');
    const sidecar = await stage.sidecar('--config', site, '--config', path);
    const kernel = await opened(sidecar, '/x/a.ipynb');
    const refusedAbove = async (limit: string, ask: string) => {
      kernel.claim(`${limit}-${ask}`, { memory: ask });
      const { code, message } = await kernel.gate.hear('refused', `${limit}-${ask}`);
      expect([code, message]).toEqual(['ABOVE_LIMIT', expect.stringContaining(limit)]);
    };
    expect(await view(sidecar)).toMatchObject({ file: path, narrows: [site] });
    expect((await view(sidecar)).problems).toEqual([
      expect.stringMatching(`^${path}:1: "limits.memory" would widen .* at most 1 GiB$`)
    ]);
    await refusedAbove('at most 1 GiB', '2 GiB');
    expect(await reload(sidecar, 'limits: {memory: 512 MiB}')).toEqual([]);
    await refusedAbove('at most 512 MiB', '1 GiB');
    // The administrator narrows on: what the user said before counts as far as it may.
    writeFileSync(site, 'limits: {memory: 256 MiB}');
    const [problem] = await reload(sidecar, 'limits: {memory: 512 MiB}');
    expect(problem).toContain('at most 256 MiB');
    await refusedAbove('at most 256 MiB', '300 MiB');
    expect(await reload(sidecar, '')).toEqual([]);
    await refusedAbove('at most 256 MiB', '400 MiB');
  });

  it('[ADM2] the node’s defaults count after everybody else’s', async () => {
    const sidecar = await configured('defaults: {memory: 1 GiB, priority: 5}');
    const kernel = await opened(sidecar, '/x/a.ipynb');
    await sidecar.ask('PUT', '/api/v1/defaults', '{"priority": 7}');
    kernel.claim('c', { cpus: 1 });
    const { grant } = await kernel.gate.hear('granted', 'c');
    expect(grant.memoryBytes).toBe(2 ** 30);
    expect((await snapshotOf(sidecar)).claims[0]?.ask.priority).toBe(7);
  });

  it('[ENF4] [CFG3] what notebook a kernel has outlives the sidecar', async () => {
    const sidecar = await configured(GROUPS);
    const kernel = await opened(sidecar, '/users/ann/atlas/a.ipynb');
    const kept = join(sidecar.dir, 'kernels.json');
    while (!existsSync(kept) || !readFileSync(kept, 'utf8').includes('atlas')) {
      await new Promise(resolve => setTimeout(resolve, 10));
    }
    await sidecar.kill();
    const next = await stage.sidecarIn(sidecar.dir, '--config', path);
    await kernel.connect(next);
    expect((await snapshotOf(next)).holders[0]?.group).toBe('atlas');
  });

  it('without a file SIGHUP is a word in the log', async () => {
    const sidecar = await stage.sidecar();
    process.kill(sidecar.pid, 'SIGHUP');
    while (!sidecar.log.includes('no configuration file to read again')) {
      await new Promise(resolve => setTimeout(resolve, 10));
    }
    expect(await view(sidecar)).toEqual({ file: null, narrows: [], readMs: null, problems: [] });
  });

  it.each([
    ['groups: {a: {}}\n', 0, 'nothing is wrong'],
    ['groups: {a: {}}\nspeed: 1\nhold: 3\n', 1, ':2: "speed" is not known']
  ])('[CFG2] --check-config tells of %j with code %i', async (text, code, words) => {
    writeFileSync(path, text);
    const child = spawnSidecar(['--check-config', path]);
    const [ended, said] = await Promise.all([exitOf(child), textOf(child.stdout!)]);
    expect(ended).toBe(code);
    expect(said).toContain(words);
  });

  it('[CFG2] [CFG5] --check-config reads a file as one that counts after others', async () => {
    const site = join(stage.directory(), 'site.yaml');
    writeFileSync(site, 'limits: {gpus: 1}');
    writeFileSync(path, 'limits: {gpus: 2}');
    const child = spawnSidecar(['--check-config', path, '--config', site]);
    const [ended, said] = await Promise.all([exitOf(child), textOf(child.stdout!)]);
    expect(ended).toBe(1);
    expect(said).toContain(`${path}:1: "limits.gpus" would widen`);
  });
});
