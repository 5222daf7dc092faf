import { UNCONFINED } from '../../core/effects';
import { FakeMachine } from '../../testing/fakeMachine';
import { FakeRig } from '../../testing/fakeRig';
import { Written } from './written';

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

  it('is written again after a failure, whatever was written before, and told anew of another holder', () => {
    const machine = new FakeMachine({ layout: 'v1' });
    const place = '/sys/fs/cgroup/cpu/kernel';
    machine.makeDirectory(place);
    const written = new Written(machine);
    const write = (text: string) => written.write('k1', place, 'cpu.shares', text);
    write('200');
    machine.fail(/cpu\.shares/, 'EINVAL', 1);
    expect(() => write('300')).toThrow('cpu.shares of k1: EINVAL');
    expect(written.last('k1', 'cpu.shares')).toBeUndefined();
    const before = machine.writes.length;
    write('200');
    write('200');
    expect(machine.writes).toHaveLength(before + 1);

    const told: string[] = [];
    const widen = () => {
      write('200');
      machine.cgroup(place).files.set('cpu.shares', '900');
      return written.dropWidened('k1', holderId => void told.push(holderId));
    };
    expect([widen(), widen(), told.length]).toEqual([true, true, 1]);
    written.forget('k1');
    expect([widen(), told.length]).toEqual([true, 2]);
  });

  it('[ENF10] is no limit where it only lets a holder yield', () => {
    const machine = new FakeMachine({ layout: 'v1' });
    const place = '/sys/fs/cgroup/cpu/kernel';
    machine.makeDirectory(place);
    const written = new Written(machine);
    written.write('k1', place, 'cpu.idle', '0');
    machine.cgroup(place).files.set('cpu.idle', '1');
    expect(written.dropWidened('k1', () => undefined)).toBe(false);
  });
});
