import { UNCONFINED } from '../../core/effects';
import { FakeRig } from '../../testing/fakeRig';

describe('what is written for a holder', () => {
  it.each(['cgroup-v1', 'cgroup-v2'] as const)(
    '[ENF10] %s: what was made narrower stays, and nothing is read of who is held to nothing',
    async tier => {
      const rig = new FakeRig(tier, { layout: tier === 'cgroup-v1' ? 'v1' : 'v2' });
      const enforcer = await rig.start();
      enforcer.adopt(await rig.spawn());
      enforcer.adopt(await rig.spawn());
      enforcer.confine('k1', { ...UNCONFINED, cpus: [1, 2, 3], weight: 200, memoryBytes: 2 ** 30 });
      const narrower = [
        ['cpuset.cpus', '1'],
        ['memory.limit_in_bytes', '4096'],
        ['memory.max', '4096'],
        ['cpu.shares', '20'],
        ['cpu.weight', '2']
      ] as const;
      const written = rig.machine.writes.flatMap(
        it => /^(.*\/kernel-k1)\/cgroup\.procs=/.exec(it)?.[1] ?? []
      );
      for (const [file, text] of narrower) {
        const at = written.find(it => rig.machine.cgroup(it).files.has(file));
        at && rig.machine.cgroup(at).files.set(file, text);
      }
      const before = rig.machine.writes.length;
      enforcer.tighten('k1');
      expect(rig.machine.writes.slice(before)).toEqual([]);
      enforcer.confine('k1', UNCONFINED);
      const read = jest.spyOn(rig.machine, 'read');
      rig.widen('k1');
      ['k1', 'k2', 'nobody'].forEach(it => enforcer.tighten(it));
      expect(read).not.toHaveBeenCalled();
      expect(rig.broughtBack()).toEqual([]);
      await enforcer.close();
    }
  );

  it('[ENF10] cgroup-v2: CPUs that somebody emptied, which leaves those of the cgroup above, are written again', async () => {
    const rig = new FakeRig('cgroup-v2', { layout: 'v2' });
    const enforcer = await rig.start();
    enforcer.adopt(await rig.spawn());
    enforcer.confine('k1', { ...UNCONFINED, cpus: [1] });
    const [place = ''] = rig.machine.writes.flatMap(
      it => /^(.*\/kernel-k1)\/cgroup\.procs=/.exec(it)?.[1] ?? []
    );
    const { files } = rig.machine.cgroup(place);
    files.set('cpuset.cpus', '');
    enforcer.tighten('k1');
    expect(files.get('cpuset.cpus')).toBe('1');
    expect(rig.broughtBack()).toEqual(['k1: its cpuset.cpus was empty in place of 1']);
    await enforcer.close();
  });
});
