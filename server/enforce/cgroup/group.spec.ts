import { join } from 'node:path';

import { UNCONFINED } from '../../core/effects';
import { V1, V2 } from '../../host/cgroupfs';
import { formatCpuList } from '../../protocol/cpuset';
import { SELF } from '../../testing/fakeMachine';
import { FakeRig } from '../../testing/fakeRig';
import { OwnFilesInMemory } from '../../testing/ownFilesInMemory';
import { digest, groupOf, holderIn, placeName } from './group';
import type { ProbeOptions } from '../probe';

const PINNED = { ...UNCONFINED, cpus: [2], memoryBytes: 2 ** 30 };
const TIERS = [
  ['cgroup-v1', 'v1'],
  ['cgroup-v2', 'v2']
] as const;

describe('the names of cgroups', () => {
  it('[SEC5] tell a sidecar from any other, and one at its path before from all others', () => {
    const names = ['/a', '/b'].flatMap(path =>
      ['1', '2'].map(identity => groupOf(new OwnFilesInMemory(path, identity)).name)
    );
    expect(new Set(names).size).toBe(4);
    const own = groupOf(new OwnFilesInMemory('/a', '1'));
    expect(names.map(own.isBefore)).toEqual([false, true, false, false]);
    expect([`${names[1]}-probe-7`, `x${names[1]}`].map(own.isBefore)).toEqual([false, false]);
  });

  it('[SEC5] lead from a directory to its holder', () => {
    expect(holderIn(placeName('tasks'))).toBe('tasks');
    expect(['tasks', 'kernel-', 'kernel-..', 'cpuset.cpus'].map(holderIn)).toEqual(
      Array(4).fill(null)
    );
  });
});

describe.each(TIERS)('%s: what a sidecar left that is gone', (tier, layout) => {
  let rig: FakeRig;

  beforeEach(() => {
    rig = new FakeRig(tier, { layout });
  });

  const start = async (options: Partial<ProbeOptions> = {}) =>
    (await rig.probe({ tier, ...options })).enforcer;

  /** A holder in a place that a sidecar made whose directory was replaced since. */
  async function left() {
    const target = await rig.spawn();
    const enforcer = await start({ own: new OwnFilesInMemory('/fake', 'before') });
    enforcer.adopt(target);
    enforcer.confine(target.holderId, PINNED);
    return target;
  }

  it('[SEC5] is found by the next one at its path, taken over, and removed', async () => {
    const [taken, unclaimed] = [await left(), await left()];
    const orphan = rig.machine.spawn(SELF);
    rig.machine.writes
      .filter(it => it.endsWith(`/${placeName(taken.holderId)}/cgroup.procs=${taken.pid}`))
      .forEach(it => rig.machine.write(it.split('=')[0]!, `${orphan}`));
    const groups = rig.leftovers().length;
    const next = await start();
    expect(next.found()).toEqual([taken.holderId, unclaimed.holderId]);
    next.adopt(taken);
    next.confine(taken.holderId, PINNED);
    next.release(unclaimed.holderId);
    expect(next.found()).toEqual([taken.holderId]);
    expect(rig.leftovers()).toHaveLength(groups);
    expect([taken.pid, orphan].map(pid => next.holderOf(pid))).toEqual(
      Array(2).fill(taken.holderId)
    );
    expect([taken, unclaimed].map(({ pid }) => rig.masks(pid))).toEqual([[[2]], [rig.cpus]]);
    await next.close();
    expect([rig.leftovers(), rig.failures()]).toEqual([[], []]);
    expect(rig.masks(taken.pid)).toEqual([rig.cpus]);
  });

  it('[SEC5] is removed where nobody is in it any more', async () => {
    await start({ own: new OwnFilesInMemory('/fake', 'before') });
    const groups = rig.leftovers().length;
    const next = await start();
    expect(rig.leftovers()).toHaveLength(groups);
    await next.close();
    expect(rig.leftovers()).toEqual([]);
  });

  it('[SEC5] is left alone while its sidecar may live, and where it served another path', async () => {
    const target = await left();
    const before = rig.machine.writes.length;
    const alive = await start({ lock: () => null });
    const other = await start({ own: new OwnFilesInMemory('/other') });
    expect([alive.found(), other.found()]).toEqual([[], []]);
    await alive.close();
    await other.close();
    expect(rig.masks(target.pid)).toEqual([[2]]);
    expect(rig.machine.writes.slice(before).filter(it => it.includes(placeName('k')))).toEqual([]);
    await (await start()).close();
    expect(rig.masks(target.pid)).toEqual([rig.cpus]);
    expect(rig.leftovers()).toEqual([]);
  });

  it('[SEC5] is cleaned up of the version before, too, which called places as their kernels', async () => {
    const { pid, startTicks } = await rig.spawn();
    const { machine } = rig;
    const former = machine.hierarchies.map(it => `${it.mountPoint}/cellgrant-${digest('/fake')}`);
    for (const group of former) {
      const isCpuset = layout === 'v1' && group.includes('/cpuset/');
      layout === 'v2' && machine.write(join(group, '..', V2.subtree), '+cpuset +cpu +memory');
      machine.makeDirectory(group);
      layout === 'v2' && machine.write(`${group}/${V2.subtree}`, '+cpuset +cpu +memory');
      isCpuset && machine.write(`${group}/${V1.cpus}`, formatCpuList(rig.cpus));
      isCpuset && machine.write(`${group}/${V1.mems}`, '0');
      machine.makeDirectory(`${group}/k1`);
      isCpuset && machine.write(`${group}/k1/${V1.cpus}`, '2');
      isCpuset && machine.write(`${group}/k1/${V1.mems}`, '0');
      machine.write(`${group}/k1/${V1.procs}`, `${pid}`);
    }
    const unused = layout === 'v1' ? 1 : 0; // nobody asked for a fence: devices
    const enforcer = await start();
    expect(enforcer.found()).toEqual(['k1']);
    enforcer.adopt({ holderId: 'k1', pid, startTicks });
    expect(rig.isInside('k1', pid)).toBe(true);
    expect(rig.leftovers()).toHaveLength(machine.hierarchies.length);
    await enforcer.close();
    expect(rig.leftovers()).toHaveLength(unused);
  });
});
