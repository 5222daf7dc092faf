import { isSameSet } from '../protocol/cpuset';
import { until } from '../testing/contractRig';
import type { FakeMachineOptions } from '../testing/fakeMachine';
import { FakeRig } from '../testing/fakeRig';
import type { TierView } from '../protocol/view';
import type { ProbeOptions } from './probe';

type Surroundings = {
  readonly machine: FakeMachineOptions;
  readonly options?: Partial<ProbeOptions>;
  /** Operations that fail, with their errno. */
  readonly faults?: readonly (readonly [RegExp, string])[];
};

/** Probe, look, close; nothing may be left, whatever the probe had to give up. */
async function tierIn({ machine, options, faults }: Surroundings): Promise<TierView> {
  const rig = new FakeRig('none', machine);
  faults?.forEach(([pattern, errno]) => rig.machine.fail(pattern, errno));
  const { enforcer, node } = await rig.probe(options);
  expect(node.tier).toBe(enforcer.tier);
  expect(node.sharesByWeight).toBe(enforcer.tier.name.startsWith('cgroup'));
  rig.machine.heal();
  await enforcer.close();
  expect(rig.leftovers()).toEqual([]);
  return enforcer.tier;
}

describe('[ENF3] the tier is found by trying, and says why', () => {
  it('takes cgroup v2 where it is complete', async () => {
    expect(await tierIn({ machine: { layout: 'v2', own: '/app.service' } })).toEqual({
      name: 'cgroup-v2',
      enforced: ['cpus', 'memory'],
      notEnforced: [],
      reason: 'cgroup version 2 is writable with cpuset, cpu, memory.'
    });
  });

  it('holds CPUs by affinity where systemd delegates no cpuset', async () => {
    const tier = await tierIn({
      machine: {
        layout: 'v2',
        own: '/user@1000.service/jupyter.service',
        delegated: ['cpu', 'memory']
      }
    });
    expect(tier).toMatchObject({ name: 'cgroup-v2', enforced: ['memory'] });
    expect(tier.reason).toBe(
      'cgroup version 2 is writable with cpu, memory; cpuset could not be used; ' +
        'an administrator can let systemd delegate it (README.md, "Without root").'
    );
    expect(tier.notEnforced[0]).toEqual({
      resource: 'cpus',
      why: 'there is no cpuset: CPUs are held by affinity, which a process can undo'
    });
  });

  it.each([
    ['/user@7.service/lab.scope', ['memory'], null, 'its unit would need Delegate=yes'],
    ['/system.slice/lab.service', [], 'EACCES', 'its unit would need Delegate=yes'],
    ['/user.slice/session-2.scope', [], 'EACCES', 'systemd-run --user --scope'],
    ['/system.slice/slurmstepd.scope/job_7/step_0', [], 'EACCES', 'Slurm lets nobody divide'],
    ['/', [], 'EROFS', 'a container would need its cgroup tree to be writable']
  ] as const)('says how to have more: %s', async (own, delegated, errno, advice) => {
    const { reason } = await tierIn({
      machine: { layout: 'v2', own, ...(delegated.length > 0 && { delegated }) },
      faults: errno ? [[/^(mkdir|write) \/sys/, errno]] : []
    });
    expect(reason).toContain(advice);
    expect(reason).toContain('README.md, "Without root"');
  });

  it('takes cgroup v1 on a hybrid host, whose v2 has no controllers', async () => {
    const tier = await tierIn({ machine: { layout: 'hybrid' } });
    expect(tier.name).toBe('cgroup-v1');
    expect(tier.reason).toContain('not cgroup-v2: its cgroup version 2 has none of cpuset');
  });

  it('uses the hierarchies of v1 that it may, and names the rest', async () => {
    const tier = await tierIn({
      machine: { layout: 'v1' },
      faults: [[/^mkdir .*\/cpuset\//, 'EACCES']]
    });
    expect(tier).toMatchObject({ name: 'cgroup-v1', enforced: ['memory'] });
    expect(tier.reason).toContain('cpuset could not be used');
  });

  it.each([
    ['a container with a read-only tree', 'v2', /^(mkdir|write) \/sys/, 'EROFS'],
    ['another user owns the tree', 'v2', /^(mkdir|write) \/sys/, 'EACCES'],
    ['a tree that takes no more directories', 'v1', /^mkdir/, 'ENOSPC'],
    ['controllers that cannot be given down', 'v2', /^write .*subtree_control/, 'EACCES'],
    ['processes that cannot be moved away', 'v2', /^write .*cgroup.procs/, 'EPERM']
  ] as const)('falls back to affinity: %s', async (_why, layout, pattern, errno) => {
    const tier = await tierIn({
      machine: { layout, own: '/user.slice/app' },
      faults: [[pattern, errno]]
    });
    expect(tier).toMatchObject({ name: 'affinity', enforced: ['cpus'] });
    expect(tier.reason).toMatch(layout === 'v2' ? errno : /no cgroup version 1 directory/);
  });

  it('has nothing to enforce with outside of Linux, and says so', async () => {
    const tier = await tierIn({ machine: { layout: 'none' }, options: { platform: 'darwin' } });
    expect(tier).toMatchObject({ name: 'none', enforced: [] });
    expect(tier.reason).toContain('affinity masks are set on Linux only');
  });

  it('takes a forced tier', async () => {
    const tier = await tierIn({ machine: { layout: 'v2' }, options: { tier: 'affinity' } });
    expect(tier).toMatchObject({ name: 'affinity', reason: '--tier affinity was asked for.' });
  });

  it('gives way from a forced tier that does not work to the next', async () => {
    const tier = await tierIn({ machine: { layout: 'none' }, options: { tier: 'cgroup-v1' } });
    expect(tier.name).toBe('affinity');
    expect(tier.reason).toContain('--tier cgroup-v1 was asked for');
  });

  it('says that GPUs are not fenced where there are some', async () => {
    const standIn = `${__dirname}/../testing/standin-gpu/nvidia-smi`;
    const tier = await tierIn({
      machine: { layout: 'v2' },
      options: { gpus: { command: standIn, visible: undefined } }
    });
    expect(tier.notEnforced.map(it => it.resource)).toEqual(['gpus']);
  });
});

it('[ENF2] gives masks back that a sidecar of another tier left', async () => {
  const rig = new FakeRig('affinity', { layout: 'v1' });
  const first = await rig.start();
  const target = await rig.spawn();
  first.adopt(target);
  first.confine(target.holderId, {
    cpus: rig.oneCpu,
    weight: 100,
    idle: false,
    memoryBytes: null,
    gpus: null
  });
  await first.settled();
  const { enforcer } = await rig.probe();
  expect(enforcer.tier.name).toBe('cgroup-v1');
  await until('the mask is back', () => isSameSet(rig.masks(target.pid)[0]!, rig.cpus));
  await enforcer.close();
});

describe('what may be handed out', () => {
  it('is what a batch job was given, not what the host has', async () => {
    const rig = new FakeRig('none', { layout: 'v1', own: '/slurm/uid_1/job_7', cpus: '0-15' });
    rig.machine.write('/sys/fs/cgroup/cpuset/slurm/uid_1/job_7/cpuset.cpus', '4-7');
    rig.machine.write('/sys/fs/cgroup/memory/slurm/uid_1/memory.limit_in_bytes', `${2 ** 31}`);
    const { node, enforcer } = await rig.probe();
    expect(node.cpus.map(it => it.id)).toEqual([4, 5, 6, 7]);
    expect(node.memoryBytes).toBe(2 ** 31);
    expect(node.memoryReserveBytes).toBe(2 ** 29);
    await enforcer.close();
  });

  it('is what a person left to it', async () => {
    const rig = new FakeRig('none', { layout: 'v2', cpus: '0-7' });
    const { node, notices, enforcer } = await rig.probe({ cpus: [2, 3, 9], memoryBytes: 2 ** 30 });
    expect(node.cpus.map(it => it.id)).toEqual([2, 3]);
    expect(node.memoryBytes).toBe(2 ** 30);
    expect(notices).toEqual([
      'Of the CPUs 2-3,9 only 2-3 can be used here; this process may use 0-7.'
    ]);
    await enforcer.close();
  });

  it('heeds a quota of CPU time', async () => {
    const rig = new FakeRig('none', {
      layout: 'v1',
      own: '/docker/abc',
      cpus: '0-7'
    });
    rig.machine.write('/sys/fs/cgroup/cpu/docker/abc/cpu.cfs_quota_us', '250000');
    const { node, notices, enforcer } = await rig.probe();
    expect(node.cpus).toHaveLength(2);
    expect(notices[0]).toContain("A CPU quota allows 2 of 8 CPUs' worth of time");
    await enforcer.close();
  });

  it('a delegated cgroup can be named, and in version 1 counts in every hierarchy', async () => {
    const rig = new FakeRig('none', { layout: 'v1' });
    for (const controller of ['cpu', 'cpuset', 'memory']) {
      rig.machine.makeDirectory(`/sys/fs/cgroup/${controller}/lab`);
    }
    rig.machine.write('/sys/fs/cgroup/cpuset/lab/cpuset.cpus', '0-3');
    rig.machine.write('/sys/fs/cgroup/cpuset/lab/cpuset.mems', '0');
    const { enforcer } = await rig.probe({ cgroupRoot: '/sys/fs/cgroup/memory/lab' });
    const target = await rig.spawn();
    enforcer.adopt(target);
    for (const controller of ['cpu', 'cpuset', 'memory']) {
      const [group] = rig.machine.directories(`/sys/fs/cgroup/${controller}/lab`);
      expect(group).toMatch(/^cellgrant-[0-9a-f]{8}-[0-9a-f]{8}$/);
    }
    await enforcer.close();
    expect(rig.leftovers()).toEqual([]);
  });
});
