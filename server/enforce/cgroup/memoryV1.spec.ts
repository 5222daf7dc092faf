import { FakeMachine } from '../../testing/fakeMachine';
import { MemoryV1 } from './memoryV1';
import { Written } from './written';

const MIB = 1024 ** 2;
const PLACE = '/sys/fs/cgroup/memory/kernel';

describe('a limit of version 1', () => {
  let machine: FakeMachine;
  let memory: MemoryV1;

  beforeEach(() => {
    machine = new FakeMachine();
    machine.makeDirectory(PLACE);
    const { files } = machine.cgroup(PLACE);
    files.set('memory.usage_in_bytes', `${200 * MIB}`);
    files.set(
      'memory.stat',
      `total_rss ${100 * MIB}\ntotal_cache ${100 * MIB}\ntotal_inactive_file ${100 * MIB}`
    );
    memory = new MemoryV1(machine, new Written(machine), false);
  });

  /** The limits that were tried, in MiB. */
  const tried = (): readonly number[] =>
    machine.writes.flatMap(it => Number(/limit_in_bytes=(.*)$/.exec(it)?.[1]) / MIB);

  it('[MEM2] that is too low just now is tried again, without dropping any cache', () => {
    machine.fail(/^write .*limit_in_bytes/, 'EBUSY', 4);
    machine.cgroup(PLACE).files.set('memory.usage_in_bytes', `${200 * MIB}`);
    memory.limit('k1', PLACE, MIB);
    expect(tried()).toEqual([132, 232, 232, 232, 232]);
    expect(machine.cgroup(PLACE).files.get('memory.limit_in_bytes')).toBe(`${232 * MIB}`);
  });

  it('[MEM2] is not tried for ever, nor where something else is wrong', () => {
    machine.fail(/^write .*limit_in_bytes/, 'EBUSY', 5);
    expect(() => memory.limit('k1', PLACE, MIB)).toThrow('EBUSY');
    expect(tried()).toHaveLength(5);
    machine.heal();
    machine.fail(/^write .*limit_in_bytes/, 'EINVAL', 1);
    expect(() => memory.limit('k1', PLACE, MIB)).toThrow('EINVAL');
    expect(tried()).toHaveLength(6);
  });
});
