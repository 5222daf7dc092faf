import { join } from 'node:path';
import { FakeMachine } from '../testing/fakeMachine';
import { findHierarchies, withAncestors } from './cgroupfs';
import { DiskFiles } from './files';
import { MemoryPressure } from './pressure';
import { readCapacity } from './topology';

const captured = new DiskFiles(join(__dirname, '../captures/vm-2cpu-hybrid'));
const CPU = '/sys/devices/system/cpu';

/** Two sockets, each of two cores with two threads and a cache of its own; numbered as Intel does. */
function twoSockets(): Readonly<Record<string, string>> {
  const files: Record<string, string> = {
    [`${CPU}/online`]: '0-7',
    '/sys/devices/system/node/node0/cpulist': '0-1,4-5',
    '/sys/devices/system/node/node1/cpulist': '2-3,6-7',
    '/sys/devices/system/node/possible': '0-1'
  };
  for (let cpu = 0; cpu < 8; cpu += 1) {
    const core = cpu % 4;
    const socket = core < 2 ? '0-1,4-5' : '2-3,6-7';
    files[`${CPU}/cpu${cpu}/topology/thread_siblings_list`] = `${core},${core + 4}`;
    files[`${CPU}/cpu${cpu}/cache/index0/level`] = '1';
    files[`${CPU}/cpu${cpu}/cache/index0/shared_cpu_list`] = `${core},${core + 4}`;
    files[`${CPU}/cpu${cpu}/cache/index3/level`] = '3';
    files[`${CPU}/cpu${cpu}/cache/index3/shared_cpu_list`] = socket;
  }
  return files;
}

describe('what a real machine tells', () => {
  it('of its CPUs and memory', () => {
    const { cpus, memoryBytes, notices } = readCapacity(captured);
    expect(cpus).toEqual([
      { id: 0, core: 0, cache: 0, numa: 0 },
      { id: 1, core: 1, cache: 0, numa: 0 }
    ]);
    expect(memoryBytes).toBe(24684084 * 1024);
    expect(notices).toEqual([]);
  });

  it('of its cgroups: controllers one by one, and a unified one that has none of them', () => {
    const found = findHierarchies(captured);
    const memory = found.find(it => it.controllers.includes('memory'))!;
    expect(memory).toMatchObject({ version: 1, directory: '/sys/fs/cgroup/memory/jobs/1' });
    expect(withAncestors(memory)).toEqual([
      '/sys/fs/cgroup/memory/jobs/1',
      '/sys/fs/cgroup/memory/jobs',
      '/sys/fs/cgroup/memory'
    ]);
    expect(found.find(it => it.version === 2)).toMatchObject({
      controllers: ['hugetlb'],
      directory: '/sys/fs/cgroup/unified'
    });
    expect(found.flatMap(it => it.controllers)).not.toContain('name=systemd');
  });
});

describe('topology', () => {
  it('names cores, caches and memory nodes by their first CPU or number', () => {
    const machine = new FakeMachine({ layout: 'none', cpus: '0-7', files: twoSockets() });
    const { cpus } = readCapacity(machine);
    expect(cpus.map(it => it.core)).toEqual([0, 1, 2, 3, 0, 1, 2, 3]);
    expect(cpus.map(it => it.cache)).toEqual([0, 0, 2, 2, 0, 0, 2, 2]);
    expect(cpus.map(it => it.numa)).toEqual([0, 0, 1, 1, 0, 0, 1, 1]);
  });

  it('keeps whole cores back, the lowest first, and never the last CPU', () => {
    const machine = new FakeMachine({ layout: 'none', cpus: '0-7', files: twoSockets() });
    const left = (reservedCpus: number) =>
      readCapacity(machine, { reservedCpus }).cpus.map(cpu => cpu.id);
    expect(left(1)).toEqual([1, 2, 3, 4, 5, 6, 7]);
    expect(left(3)).toEqual([2, 3, 5, 6, 7]);
    expect(left(9)).toEqual([7]);
    expect(readCapacity(machine, { reservedCpus: 8 }).notices.join()).toContain('would leave none');
  });

  it('leaves out CPUs that are off line', () => {
    const files = { ...twoSockets(), [`${CPU}/online`]: '0-2,4-6' };
    const machine = new FakeMachine({ layout: 'none', cpus: '0-7', files });
    expect(readCapacity(machine).cpus.map(it => it.id)).toEqual([0, 1, 2, 4, 5, 6]);
  });

  it('makes do without sysfs: each CPU a core, one cache', () => {
    const machine = new FakeMachine({ layout: 'none', cpus: '0-1' });
    expect(readCapacity(machine).cpus).toEqual([
      { id: 0, core: 0, cache: 0, numa: 0 },
      { id: 1, core: 1, cache: 0, numa: 0 }
    ]);
  });
});

describe('cgroups of a container', () => {
  const mount = (root: string): string =>
    `40 30 0:5 ${root} /sys/fs/cgroup/cpu\\040set rw - cgroup cgroup rw,cpuset`;

  it.each([
    ['that sees the path of the host', '/docker/abc', '/docker/abc', ''],
    ['below its own root', '/docker/abc', '/docker/abc/inner', '/inner'],
    ['that has a namespace of its own', '/', '/', ''],
    ['whose cgroup is outside of its namespace', '/', '/../other', ''],
    ['that sees another container', '/docker/abc', '/docker/def', '']
  ])('%s', (_why, root, own, below) => {
    const machine = new FakeMachine({
      layout: 'none',
      files: { '/proc/self/mountinfo': mount(root), '/proc/self/cgroup': `4:cpuset:${own}` }
    });
    expect(findHierarchies(machine)[0]?.directory).toBe(`/sys/fs/cgroup/cpu set${below}`);
  });
});

describe('pressure', () => {
  const pressure = 'some avg10=12.34 avg60=0.00 avg300=0.00 total=1\nfull avg10=1.00 avg60=0';

  it('is what PSI tells', () => {
    const files = { '/proc/pressure/memory': pressure };
    expect(new MemoryPressure(new FakeMachine({ layout: 'none', files })).read()).toBe(12.34);
  });

  it('is unknown where the kernel has no PSI', () => {
    expect(new MemoryPressure(new FakeMachine({ layout: 'v1' })).read()).toBeNull();
  });

  it.each([
    ['the own cgroup', '/app'],
    ['the one that it was moved aside from', '/app/cellgrant-server']
  ])('is that of %s, not of its neighbours', (_which, own) => {
    const machine = new FakeMachine({
      layout: 'v2',
      own,
      files: { '/proc/pressure/memory': pressure }
    });
    machine.cgroup('/sys/fs/cgroup/app').files.set('memory.pressure', 'some avg10=0.50 avg60=0');
    expect(new MemoryPressure(machine).read()).toBe(0.5);
  });
});
