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
      const place = await rig.spawn();
      rig.machine.fail(new RegExp(`^read /proc/${place.pid}/`), 'EMFILE');
      expect(failureOf(() => enforcer.adopt(place))?.message).toBe(`process ${place.pid}: EMFILE`);
      rig.machine.heal();
      enforcer.adopt(place);
      await enforcer.close();
      expect(rig.leftovers()).toEqual([]);
    }
  );
});
