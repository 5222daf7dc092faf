import { UNCONFINED, type Confinement } from '../core/effects';
import { formatCpuList } from '../protocol/cpuset';
import { until } from '../testing/contractRig';
import { FakeRig } from '../testing/fakeRig';
import { EnforcementError, type IEnforcer } from './enforcer';

const WISH: Confinement = {
  cpus: [1],
  weight: 200,
  idle: false,
  memoryBytes: 2 ** 30,
  gpus: null
};

/** The name of what the host refuses. */
function refusal(operation: () => void): string {
  try {
    operation();
    return 'nothing';
  } catch (error) {
    expect(error).toBeInstanceOf(EnforcementError);
    return (error as EnforcementError).message;
  }
}

async function twoHolders(
  rig: FakeRig
): Promise<{ readonly enforcer: IEnforcer; readonly pids: readonly number[] }> {
  const enforcer = await rig.start();
  const places = [await rig.spawn(), await rig.spawn()];
  places.forEach(target => enforcer.adopt(target));
  return { enforcer, pids: places.map(target => target.pid) };
}

describe('a write that the host refuses', () => {
  it.each([
    ['cgroup-v1', 'v1', 'cpuset.cpus', 'ENOSPC'],
    ['cgroup-v1', 'v1', 'cpuset.cpus', 'EINVAL'],
    ['cgroup-v1', 'v1', 'cpu.idle', 'EROFS'],
    ['cgroup-v1', 'v1', 'cpu.shares', 'EINVAL'],
    ['cgroup-v1', 'v1', 'memory.limit_in_bytes', 'EBUSY'],
    ['cgroup-v1', 'v1', 'memory.memsw.limit_in_bytes', 'EINVAL'],
    ['cgroup-v2', 'v2', 'cpuset.cpus', 'ENOSPC'],
    ['cgroup-v2', 'v2', 'cpu.idle', 'EINVAL'],
    ['cgroup-v2', 'v2', 'cpu.weight', 'ERANGE'],
    ['cgroup-v2', 'v2', 'memory.max', 'EBUSY'],
    ['cgroup-v2', 'v2', 'memory.swap.max', 'EROFS']
  ] as const)('%s (%s): %s fails with %s', async (tier, layout, file, errno) => {
    const rig = new FakeRig(tier, { layout });
    const { enforcer } = await twoHolders(rig);
    rig.machine.fail(new RegExp(`/kernel-k1/${file}$`), errno);

    expect(refusal(() => enforcer.confine('k1', WISH))).toBe(`${file} of k1: ${errno}`);
    enforcer.confine('k2', WISH);
    expect(rig.memoryLimit('k2')).toBe(WISH.memoryBytes);
    // One refused file leaves no other unwritten.
    expect(file.startsWith('memory') || rig.memoryLimit('k1') === WISH.memoryBytes).toBe(true);

    rig.machine.heal();
    enforcer.confine('k1', WISH);
    expect(rig.masks(10)).toEqual([rig.cpus]);
    expect(rig.memoryLimit('k1')).toBe(WISH.memoryBytes);
    expect(rig.weight('k1')).toBe(200);
    await enforcer.close();
    expect(rig.leftovers()).toEqual([]);
  });

  it.each(['cgroup-v1', 'cgroup-v2'] as const)('%s: a move that is refused', async tier => {
    const rig = new FakeRig(tier, { layout: tier === 'cgroup-v1' ? 'v1' : 'v2' });
    const enforcer = await rig.start();
    const target = await rig.spawn();
    rig.machine.fail(/^write .*kernel-k1\/cgroup.procs$/, 'EACCES');
    expect(refusal(() => enforcer.adopt(target))).toBe(
      `moving process ${target.pid} of k1: EACCES`
    );
    rig.machine.heal();
    enforcer.release('k1');
    expect(enforcer.found()).toEqual([]);
    await enforcer.close();
    expect(rig.leftovers()).toEqual([]);
  });

  it('a directory that cannot be made', async () => {
    const rig = new FakeRig('cgroup-v2', { layout: 'v2' });
    const enforcer = await rig.start();
    rig.machine.fail(/\/kernel-k1$/, 'ENOSPC');
    const target = await rig.spawn();
    expect(refusal(() => enforcer.adopt(target))).toBe('directory of k1: ENOSPC');
    expect(rig.isInside('k1', target.pid)).toBe(false);
    await enforcer.close();
  });
});

describe('what happens behind our back', () => {
  it.each(['cgroup-v1', 'cgroup-v2'] as const)(
    '%s: a directory that was removed is named, and made again by the next adoption',
    async tier => {
      const rig = new FakeRig(tier, { layout: tier === 'cgroup-v1' ? 'v1' : 'v2' });
      const { enforcer, pids } = await twoHolders(rig);
      enforcer.confine('k1', WISH);
      rig.machine.uproot('k1');

      expect(refusal(() => enforcer.confine('k1', { ...WISH, cpus: [2] }))).toBe(
        'cpuset.cpus of k1: ENOENT'
      );
      expect(enforcer.measure('k1')).toBeNull();
      enforcer.confine('k2', WISH);

      enforcer.adopt({
        holderId: 'k1',
        pid: pids[0]!,
        startTicks: rig.machine.startTicks(pids[0]!)
      });
      enforcer.confine('k1', { ...WISH, cpus: [2] });
      expect(rig.masks(pids[0]!)).toEqual([[2]]);
      expect([rig.memoryLimit('k1'), rig.weight('k1')]).toEqual([WISH.memoryBytes, WISH.weight]);
      await enforcer.close();
      expect(rig.leftovers()).toEqual([]);
    }
  );

  it.each(['cgroup-v1', 'cgroup-v2'] as const)(
    '[MEM3] %s: kills that the place had seen before a holder came are not its own',
    async tier => {
      const rig = new FakeRig(tier, { layout: tier === 'cgroup-v1' ? 'v1' : 'v2' });
      const before = await rig.spawn();
      (await rig.start()).adopt(before);
      await rig.exhaust(before);
      const enforcer = await rig.start();
      enforcer.adopt({ ...(await rig.spawn()), holderId: before.holderId });
      expect(enforcer.kills(before.holderId)).toBe(0);
      await enforcer.close();
    }
  );

  it('[ENF2] a directory that is busy for a while is removed as soon as it can be', async () => {
    const rig = new FakeRig('cgroup-v1');
    const { enforcer } = await twoHolders(rig);
    rig.machine.fail(/^rmdir .*cpuset\/.*\/kernel-k1$/, 'EBUSY', 3);
    enforcer.release('k1');
    expect(enforcer.found()).toEqual(['k1', 'k2']);
    await until('the directory is gone', () => !enforcer.found().includes('k1'));
    expect(rig.failures()).toEqual([]);
    await enforcer.close();
  });

  it('[ENF2] a directory that is used again while it waits for its removal stays, and nobody is alarmed', async () => {
    const rig = new FakeRig('cgroup-v1');
    const { enforcer, pids } = await twoHolders(rig);
    rig.machine.fail(/^rmdir .*\/kernel-k1$/, 'EBUSY', 3);
    enforcer.release('k1');
    const [pid] = pids as [number];
    enforcer.adopt({ holderId: 'k1', pid, startTicks: rig.machine.startTicks(pid) });
    await enforcer.settled();
    expect([rig.isInside('k1', pid), rig.failures()]).toEqual([true, []]);
    await enforcer.close();
    expect(rig.leftovers()).toEqual([]);
  });

  it.each(['cgroup-v1', 'cgroup-v2'] as const)(
    '[ENF2] %s: directories that a holder made below its own go with it',
    async tier => {
      const rig = new FakeRig(tier, { layout: tier === 'cgroup-v1' ? 'v1' : 'v2' });
      const { enforcer, pids } = await twoHolders(rig);
      const [place] = rig.machine.writes.flatMap(
        it => /^(.*\/kernel-k1)\/cgroup\.procs=/.exec(it)?.[1] ?? []
      );
      rig.machine.makeDirectory(`${place}/inner`);
      rig.machine.write(`${place}/inner/cgroup.procs`, `${pids[0]}`);
      enforcer.release('k1');
      expect(enforcer.found()).toEqual(['k2']);
      expect(rig.isAlive(pids[0]!)).toBe(true);
      await enforcer.close();
      expect(rig.leftovers()).toEqual([]);
    }
  );

  it.each(['cgroup-v1', 'cgroup-v2'] as const)(
    '[ENF2] %s: a holder that is just dying is waited for, not fought with',
    async tier => {
      const rig = new FakeRig(tier, { layout: tier === 'cgroup-v1' ? 'v1' : 'v2' });
      const { enforcer, pids } = await twoHolders(rig);
      // A dying process is listed still, and moving it does nothing.
      rig.machine.dying.add(pids[0]!);
      enforcer.release('k1');
      expect(enforcer.found()).toContain('k1');
      rig.machine.exit(pids[0]!);
      await enforcer.settled();
      expect(enforcer.found()).toEqual(['k2']);
      expect(rig.failures()).toEqual([]);
      await enforcer.close();
    }
  );

  it('[MEM2] cgroup-v2: nobody is killed by a limit below the use, and the limit comes down', async () => {
    const rig = new FakeRig('cgroup-v2', { layout: 'v2' });
    const { enforcer, pids } = await twoHolders(rig);
    rig.machine.charge('k1', 3 * 2 ** 30);
    enforcer.confine('k1', WISH);
    expect(rig.machine.killed).toEqual([]);
    expect(rig.memoryLimit('k1')).toBeGreaterThan(3 * 2 ** 30);

    rig.machine.charge('k1', 2 ** 28);
    enforcer.measure('k1');
    expect(rig.memoryLimit('k1')).toBe(WISH.memoryBytes);
    expect(rig.isAlive(pids[0]!)).toBe(true);
    await enforcer.close();
  });

  it('[MEM2] cgroup-v1: a limit below the use comes down as the use does', async () => {
    const rig = new FakeRig('cgroup-v1');
    const { enforcer } = await twoHolders(rig);
    rig.machine.charge('k1', 3 * 2 ** 30);
    enforcer.confine('k1', WISH);
    expect(rig.memoryLimit('k1')).toBeGreaterThan(3 * 2 ** 30);
    rig.machine.charge('k1', 2 ** 28);
    enforcer.measure('k1');
    expect(rig.memoryLimit('k1')).toBe(WISH.memoryBytes);
    await enforcer.close();
  });

  it('masks: a refusal is told to the listener, and the next wish is tried', async () => {
    const rig = new FakeRig('affinity', { layout: 'none' });
    let refuse = true;
    const { enforcer } = await rig.probe({
      tier: 'affinity',
      setMask: (pid, cpus) =>
        refuse
          ? Promise.reject(
              new EnforcementError(`taskset -apc ${formatCpuList(cpus)} ${pid}`, 'EPERM')
            )
          : rig.machine.setMask(pid, cpus)
    });
    const target = await rig.spawn();
    enforcer.adopt(target);
    enforcer.confine('k1', WISH);
    await enforcer.settled();
    expect(rig.failures()).toEqual([`k1: taskset -apc 1 ${target.pid}: EPERM`]);

    refuse = false;
    enforcer.confine('k1', WISH);
    await enforcer.settled();
    expect(rig.masks(target.pid)).toEqual([[1]]);
    await enforcer.close();
    expect(rig.masks(target.pid)).toEqual([rig.cpus]);
  });
});

describe('writes', () => {
  it.each(['cgroup-v1', 'cgroup-v2'] as const)(
    '%s: the same wish twice is one write',
    async tier => {
      const rig = new FakeRig(tier, { layout: tier === 'cgroup-v1' ? 'v1' : 'v2' });
      const { enforcer } = await twoHolders(rig);
      enforcer.confine('k1', WISH);
      const before = rig.machine.writes.length;
      enforcer.confine('k1', { ...WISH, cpus: [...WISH.cpus!] });
      expect(rig.machine.writes).toHaveLength(before);
      enforcer.confine('k1', { ...WISH, cpus: [0, 3] });
      expect(rig.machine.writes.slice(before)).toEqual([
        expect.stringMatching(/k1\/cpuset.cpus=0,3$/)
      ]);
      enforcer.confine('k1', UNCONFINED);
      await enforcer.close();
    }
  );

  it('[MEM4] cgroup-v2: a limit is none that swap could exceed, and goes with what it came with', async () => {
    const rig = new FakeRig('cgroup-v2', { layout: 'v2' });
    const { enforcer } = await twoHolders(rig);
    const swap = () =>
      rig.machine.writes.flatMap(it => /k1\/memory\.swap\.max=(.*)$/.exec(it)?.[1] ?? []);
    enforcer.confine('k1', WISH);
    enforcer.confine('k1', UNCONFINED);
    expect(swap().slice(-2)).toEqual(['0', 'max']);
    await enforcer.close();
  });
});
