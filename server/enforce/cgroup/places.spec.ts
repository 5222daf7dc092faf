import { FakeRig } from '../../testing/fakeRig';
import type { IEnforcer, HolderProcess } from '../enforcer';

const OTHER = '/sys/fs/cgroup/memory/other';

describe('the places of holders', () => {
  let rig: FakeRig;
  let enforcer: IEnforcer;

  beforeEach(async () => {
    rig = new FakeRig('cgroup-v1');
    enforcer = await rig.start();
    rig.machine.makeDirectory(OTHER);
  });

  /** A process in a cgroup of its own. */
  async function elsewhere(): Promise<HolderProcess> {
    const target = await rig.spawn();
    rig.machine.write(`${OTHER}/cgroup.procs`, `${target.pid}`);
    return target;
  }

  const isBack = (pid: number): boolean => rig.machine.cgroup(OTHER).processes.has(pid);

  it('[ENF2] are left for where each holder came from, however often it was adopted', async () => {
    const target = await elsewhere();
    enforcer.adopt(target);
    enforcer.adopt(target);
    expect(isBack(target.pid)).toBe(false);
    enforcer.release(target.holderId);
    expect(isBack(target.pid)).toBe(true);
  });

  it('[ENF2] [HOLD1] are left by a child for where its parent came from, if that was released first', async () => {
    const parent = await elsewhere();
    enforcer.adopt(parent);
    const child = await rig.forkHolder(parent);
    enforcer.adopt(child);
    enforcer.release(parent.holderId);
    enforcer.release(child.holderId);
    expect([parent.pid, child.pid].map(isBack)).toEqual([true, true]);
  });

  it('[ENF2] are left for the own cgroup, where the origin is gone or of a sidecar that has ended', async () => {
    const target = await elsewhere();
    enforcer.adopt(target);
    rig.machine.cgroup(OTHER).remove();
    enforcer.release(target.holderId);
    const ended = '/sys/fs/cgroup/memory/cellgrant-00000000-00000000';
    [ended, `${ended}/kernel-x`].forEach(it => rig.machine.makeDirectory(it));
    rig.machine.write(`${ended}/kernel-x/cgroup.procs`, `${target.pid}`);
    enforcer.adopt(target);
    enforcer.release(target.holderId);
    expect(rig.machine.cgroup(`${ended}/kernel-x`).processes.size).toBe(0);
    expect(rig.machine.cgroup('/sys/fs/cgroup/memory').processes.has(target.pid)).toBe(true);
  });

  it('[ENF5] are taken again by one that leaves again for the same cgroup', async () => {
    const target = await rig.spawn();
    enforcer.adopt(target);
    for (const times of [1, 2]) {
      await rig.escape(target);
      enforcer.recall(target.holderId);
      expect(rig.isInside(target.holderId, target.pid)).toBe(true);
      expect(rig.broughtBack()).toHaveLength(times);
    }
  });

  it('[ENF5] are not for a stranger that has the pid of a holder which ended', async () => {
    const target = await rig.spawn();
    enforcer.adopt(target);
    await rig.escape(target);
    const read = rig.machine.read.bind(rig.machine);
    jest
      .spyOn(rig.machine, 'read')
      .mockImplementation(path =>
        path === `/proc/${target.pid}/stat`
          ? read(path).replace(` ${target.startTicks} `, ' 7777 ')
          : read(path)
      );
    enforcer.recall(target.holderId);
    expect(rig.isInside(target.holderId, target.pid)).toBe(false);
    expect(rig.broughtBack()).toEqual([]);
  });

  it('[ENF5] are as they were while nobody can tell where a holder is', async () => {
    const target = await rig.spawn();
    enforcer.adopt(target);
    rig.machine.fail(new RegExp(`^read /proc/${target.pid}/cgroup$`), 'EMFILE');
    enforcer.recall(target.holderId);
    expect(rig.broughtBack()).toEqual([]);
  });
});
