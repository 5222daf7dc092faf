import { MEMORY_V1, MEMORY_V2 } from '../../host/memoryCount';
import { FakeMachine } from '../../testing/fakeMachine';
import { MemoryUse } from './memoryUse';

const PLACE = '/sys/fs/cgroup/kernel';

const STAT = {
  anon: 700,
  inactive_file: 100,
  active_file: 150,
  slab_reclaimable: 50,
  file_dirty: 0,
  file_writeback: 0
};

function charged(
  bytes: number,
  stat: Partial<typeof STAT> = {}
): { use: MemoryUse; set: typeof set; files: Map<string, string> } {
  const machine = new FakeMachine({ layout: 'v2' });
  machine.makeDirectory(PLACE);
  const { files } = machine.cgroup(PLACE);
  const set = (chargedBytes: number, parts: Partial<typeof STAT> = {}): void => {
    const lines = Object.entries({ ...STAT, ...parts }).map(([name, value]) => `${name} ${value}`);
    files.set('memory.current', `${chargedBytes}\n`);
    files.set('memory.stat', lines.join('\n'));
  };
  set(bytes, stat);
  return { use: new MemoryUse(machine, MEMORY_V2), set, files };
}

/** Parts in version 1, in KiB. */
const V1_STAT = {
  total_cache: 400,
  total_rss: 100,
  total_inactive_file: 150,
  total_active_file: 250
};

/** What is held in version 1, all in KiB; the whole machine could drop so much of its own, or does not tell. */
function heldInV1(
  chargedKiB: number,
  stat: Partial<typeof V1_STAT>,
  reclaimableKiB: number | null
): number | null {
  const slab = reclaimableKiB === null ? '' : `\nSReclaimable: ${reclaimableKiB} kB`;
  const meminfo = `MemTotal: 8388608 kB${slab}`;
  const machine = new FakeMachine({ layout: 'v1', files: { '/proc/meminfo': meminfo } });
  const place = '/sys/fs/cgroup/memory/kernel';
  machine.makeDirectory(place);
  const { files } = machine.cgroup(place);
  const lines = Object.entries(stat).map(([name, KiB]) => `${name} ${KiB * 1024}`);
  files.set('memory.usage_in_bytes', `${chargedKiB * 1024}`);
  files.set('memory.stat', lines.join('\n'));
  const held = new MemoryUse(machine, MEMORY_V1).held(place, 0);
  return held === null ? null : held / 1024;
}

describe('held memory', () => {
  it('[MEM5] is what is charged without what can be dropped or written back', () => {
    const { use, set } = charged(1000);
    expect(use.shown(PLACE)).toBe(700);
    expect(use.count(PLACE)).toEqual({ chargedBytes: 1000, heldBytes: 700, cleanBytes: 250 });
    set(1200, { file_dirty: 100, file_writeback: 40 });
    expect(use.count(PLACE)).toEqual({ chargedBytes: 1200, heldBytes: 900, cleanBytes: 110 });
  });

  it.each([
    ['of that the machine has more', 600, 100],
    ['of that the machine has little', 30, 570]
  ])('[MEM5] of version 1 is without what the kernel itself can drop, %s', (_, KiB, heldKiB) => {
    // 400 KiB of file pages, 100 KiB of the process, and so 500 KiB of the kernel itself.
    expect(heldInV1(1000, V1_STAT, KiB)).toBe(heldKiB);
  });

  it('[MEM5] is never less than nothing, where the parts were read when there was more', () => {
    const { use } = charged(200, { file_dirty: 300 });
    expect(use.count(PLACE)).toEqual({ chargedBytes: 200, heldBytes: 0, cleanBytes: 0 });
    expect(heldInV1(450, V1_STAT, 600)).toBe(50);
  });

  it('[MEM5] is all that is charged, where its parts are not told', () => {
    const { use, files } = charged(1000);
    files.set('memory.stat', '');
    expect(use.count(PLACE)).toEqual({ chargedBytes: 1000, heldBytes: 1000, cleanBytes: 0 });
    expect(heldInV1(1000, {}, null)).toBe(1000);
    expect(heldInV1(1000, {}, 30)).toBe(970);
    expect(heldInV1(1000, {}, 2000)).toBe(0);
  });

  it('is looked into anew as soon as the charge changes, and each time for a limit', () => {
    const { use, set } = charged(1000);
    expect(use.shown(PLACE)).toBe(700);
    set(1000, { inactive_file: 0, active_file: 0, slab_reclaimable: 0 });
    expect(use.shown(PLACE)).toBe(700);
    expect(use.held(PLACE, 500)).toBe(1000);
    expect(use.shown(PLACE)).toBe(1000);
    set(1004);
    expect(use.shown(PLACE)).toBe(704);
  });

  it('is not known of a directory that is gone', () => {
    const { use } = charged(1000);
    expect(use.shown('/sys/fs/cgroup/other')).toBeNull();
    expect(use.count('/sys/fs/cgroup/other')).toBeNull();
    expect(use.held('/sys/fs/cgroup/other', 0)).toBeNull();
  });

  it('of another kernel in the same place is looked into anew', () => {
    const { use, set } = charged(1000);
    use.shown(PLACE);
    use.forget(PLACE);
    set(1000, { inactive_file: 0, active_file: 0, slab_reclaimable: 0 });
    expect(use.shown(PLACE)).toBe(1000);
  });
});
