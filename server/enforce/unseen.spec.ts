import { FakeRig } from '../testing/fakeRig';
import { failureOf } from './enforcer';

describe('what cannot be looked at', () => {
  it.each([
    ['cgroup-v1', 'v1'],
    ['cgroup-v2', 'v2'],
    ['affinity', 'none'],
    ['none', 'none']
  ] as const)(
    '%s: a process that cannot be looked at is not taken for gone',
    async (tier, layout) => {
      const rig = new FakeRig(tier, { layout });
      const enforcer = await rig.start();
      const target = await rig.spawn();
      rig.machine.fail(new RegExp(`^read /proc/${target.pid}/`), 'EMFILE');
      expect(failureOf(() => enforcer.adopt(target))?.message).toBe(
        `process ${target.pid}: EMFILE`
      );
      rig.machine.heal();
      enforcer.adopt(target);
      await enforcer.close();
      expect(rig.leftovers()).toEqual([]);
    }
  );
});
