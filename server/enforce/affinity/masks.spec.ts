import { UNCONFINED } from '../../core/effects';
import type { CpuSet } from '../../protocol/cpuset';
import { FakeRig } from '../../testing/fakeRig';

describe('masks that a process changes itself', () => {
  let rig: FakeRig;

  beforeEach(() => {
    rig = new FakeRig('affinity', { layout: 'none' });
  });

  /** A holder on these CPUs, whose mask is then changed by `change`; its mask after so many looks. */
  async function after(
    cpus: CpuSet,
    change: (pid: number) => unknown,
    looks = 1
  ): Promise<readonly CpuSet[]> {
    const enforcer = await rig.start();
    const { pid, ...place } = await rig.spawn();
    enforcer.adopt({ ...place, pid });
    enforcer.confine(place.holderId, { ...UNCONFINED, cpus });
    await enforcer.settled();
    for (let look = 0; look < looks; look += 1) {
      await change(pid);
      enforcer.recall(place.holderId);
      await enforcer.settled();
    }
    return rig.masks(pid);
  }

  it('[ENF5] are set again where they are wider, which is told once', async () => {
    expect(await after([1], pid => rig.machine.escape(pid), 3)).toEqual([[1]]);
    expect(rig.broughtBack()).toEqual([expect.stringMatching(/^k1: process \d+ had other CPUs/)]);
  });

  it('[ENF5] are left alone where they are narrower', async () => {
    expect(await after([1, 2], pid => rig.machine.setMask(pid, [2]))).toEqual([[2]]);
    expect(rig.broughtBack()).toEqual([]);
  });

  it('[ENF8] count where they are narrower, give way where nothing is in both, and come back', async () => {
    const enforcer = await rig.start();
    const target = await rig.spawn();
    enforcer.adopt(target);
    const seen: CpuSet[] = [];
    const confine = async (cpus: CpuSet | null) => {
      enforcer.confine(target.holderId, { ...UNCONFINED, cpus });
      await enforcer.settled();
      seen.push(rig.machine.mask(target.pid));
    };
    await rig.machine.setMask(target.pid, [1]);
    await confine([1, 2]);
    await confine([1]); // what libraries leave looks like this
    await confine(null);
    await confine([2]);
    const child = await rig.fork(target);
    await confine([3]);
    await confine(null);
    expect(seen).toEqual([[1], [1], [1], [2], [3], [1]]);
    expect(rig.machine.mask(child)).toEqual([1]);
    await rig.machine.setMask(target.pid, rig.cpus);
    await confine([2]);
    await confine(null);
    expect(seen.slice(-2)).toEqual([[2], rig.cpus]);
  });

  it('[ENF8] of a moment in a grant come back as well', async () => {
    expect(await after([1], pid => rig.machine.setMask(pid, [2]))).toEqual([[1]]);
  });
});
