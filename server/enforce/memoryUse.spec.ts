import { FakeMachine } from '../testing/fakeMachine';
import { MemoryUse } from './memoryUse';

const PLACE = '/sys/fs/cgroup/kernel';
const FIGURES = {
  charged: 'memory.current',
  stat: 'memory.stat',
  inactiveFile: 'inactive_file',
  dirty: 'file_dirty',
  writeback: 'file_writeback'
};

function charged(bytes: number, cacheBytes: number): { use: MemoryUse; set: typeof set } {
  const machine = new FakeMachine({ layout: 'v2' });
  machine.makeDirectory(PLACE);
  const { files } = machine.cgroup(PLACE);
  const set = (chargedBytes: number, inactiveBytes: number, dirtyBytes = 0): void => {
    files.set('memory.current', `${chargedBytes}\n`);
    files.set('memory.stat', `inactive_file ${inactiveBytes}\nfile_dirty ${dirtyBytes}\n`);
  };
  set(bytes, cacheBytes);
  return { use: new MemoryUse(machine, FIGURES), set };
}

describe('memory in use', () => {
  it('is what is charged without cache that is clean', () => {
    const { use, set } = charged(1000, 300);
    expect(use.shown(PLACE)).toBe(700);
    expect(use.count(PLACE)).toEqual({ chargedBytes: 1000, droppableBytes: 300 });
    set(1200, 300, 100);
    expect(use.shown(PLACE)).toBe(1000);
  });

  it('is looked into anew as soon as the charge changes, and each time for a limit', () => {
    const { use, set } = charged(1000, 300);
    expect(use.shown(PLACE)).toBe(700);
    set(1000, 0);
    expect(use.shown(PLACE)).toBe(700);
    expect(use.used(PLACE, 500)).toBe(1000);
    expect(use.shown(PLACE)).toBe(1000);
    set(1004, 300);
    expect(use.shown(PLACE)).toBe(704);
  });

  it('is not known of a directory that is gone', () => {
    const { use } = charged(1000, 300);
    expect(use.shown('/sys/fs/cgroup/other')).toBeNull();
    expect(use.count('/sys/fs/cgroup/other')).toBeNull();
    expect(use.used('/sys/fs/cgroup/other', 0)).toBeNull();
  });

  it('of another kernel in the same place is looked into anew', () => {
    const { use, set } = charged(1000, 300);
    use.shown(PLACE);
    use.forget(PLACE);
    set(1000, 0);
    expect(use.shown(PLACE)).toBe(1000);
  });
});
