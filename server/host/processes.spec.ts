import { spawn } from 'node:child_process';
import { OSUtils, type CPUMonitor } from 'node-os-utils';
import { ForkingProcess } from '../testing/forkingProcess';
import { until } from '../testing/contractRig';
import { FakeMachine } from '../testing/fakeMachine';
import { DiskFiles, isAbsent } from './files';
import {
  findAncestor,
  hasEnded,
  isAlive,
  readProcess,
  readThreads,
  readTree,
  readUserId,
  whyNotAlive
} from './processes';
import { readTreeUse } from './processUse';
import { NodeUsage } from './usage';

const files = new DiskFiles();

describe('processes', () => {
  it('are named for good by pid and start', () => {
    const self = readProcess(files, process.pid)!;
    expect(self).toMatchObject({ pid: process.pid, parentPid: process.ppid });
    expect(isAlive(files, self)).toBe(true);
    expect(isAlive(files, { pid: self.pid, startTicks: self.startTicks - 1 })).toBe(false);
    expect(readUserId(files, process.pid)).toBe(process.getuid!());
  });

  it('that are gone tell nothing', () => {
    const gone = 2 ** 22 + 1;
    expect(readProcess(files, gone)).toBeNull();
    expect(readUserId(files, gone)).toBeNull();
    expect(readThreads(files, gone)).toEqual([]);
    expect(readTreeUse(files, gone)).toBeNull();
    expect(hasEnded(files, { pid: gone, startTicks: 1 })).toBe(true);
  });

  it('that cannot be looked at are neither alive nor ended', () => {
    const self = readProcess(files, process.pid)!;
    expect(hasEnded(files, self)).toBe(false);
    const machine = new FakeMachine({ layout: 'none' });
    machine.fail(/^read \/proc\/10\/stat/, 'EMFILE');
    expect(isAlive(machine, { pid: 10, startTicks: 1010 })).toBe(false);
    expect(hasEnded(machine, { pid: 10, startTicks: 1010 })).toBe(false);
    expect(whyNotAlive(machine, { pid: 10, startTicks: 1010 })).toBe('EMFILE');
    for (const errno of ['EMFILE', 'ENFILE', 'EACCES', 'ENOMEM', 'EIO']) {
      machine.heal();
      machine.fail(/^read \/proc\/10\/stat/, errno);
      expect(isAbsent(machine, '/proc/10/stat')).toBe(false);
    }
    machine.heal();
    expect(isAbsent(machine, '/proc/4194305/stat')).toBe(true);
  });

  it('that ended but were not reaped are not alive', async () => {
    // A parent that sleeps without its event loop reaps no child.
    const program =
      "console.log(require('node:child_process').spawn('true').pid);" +
      'Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);';
    const parent = spawn(process.execPath, ['-e', program]);
    const pid = await new Promise<number>(resolve =>
      parent.stdout.once('data', (text: Buffer) => resolve(Number(text)))
    );
    await until('the child is a zombie', () => readProcess(files, pid)?.state === 'Z');
    const { startTicks } = readProcess(files, pid)!;
    expect(isAlive(files, { pid, startTicks })).toBe(false);
    expect(hasEnded(files, { pid, startTicks })).toBe(true);
    parent.kill('SIGKILL');
  });

  it('are found with all that descend from them, and by what descends from them', async () => {
    const parent = await ForkingProcess.start('threaded');
    const children = [await parent.fork(), await parent.fork()];
    const { pid } = parent.place;
    expect([...readTree(files, pid)].sort()).toEqual([pid, ...children].sort());
    expect(findAncestor(files, children[1]!, new Map([[pid, 'k1']]))).toBe('k1');
    expect(findAncestor(files, process.pid, new Map([[pid, 'k1']]))).toBeNull();
    const use = readTreeUse(files, pid)!;
    expect(use.threads).toBeGreaterThan(3);
    expect(use.memoryBytes).toBeGreaterThan(4 * 1024 ** 2);
    children.forEach(child => process.kill(child, 'SIGKILL'));
    await parent.kill();
  });

  it('whose name tries to look like other fields are read right', () => {
    const machine = new FakeMachine({ layout: 'none' });
    expect(readProcess(machine, 10)).toMatchObject({ pid: 10, parentPid: 1, startTicks: 1010 });
  });
});

describe('memory of a tree', () => {
  const stat = (pid: number, parent: number, argumentsAt: number): string =>
    `${pid} (python) S ${parent} ${'0 '.repeat(15)}1 0 ${pid} ${'0 '.repeat(25)}${argumentsAt} 0`;

  const status = (anonymousKiB: number, fileKiB: number, sharedKiB: number): string =>
    `Name:\tx\nRssAnon:\t${anonymousKiB} kB\nRssFile:\t${fileKiB} kB\nRssShmem:\t${sharedKiB} kB`;

  it('counts what is shared once, and no file that can be dropped', () => {
    const machine = new FakeMachine({
      layout: 'none',
      files: {
        '/proc/50/stat': stat(50, 1, 7777),
        '/proc/50/status': status(900, 100, 30),
        '/proc/50/task/50': '',
        '/proc/50/task/50/children': '51 52',
        '/proc/51/stat': stat(51, 50, 7777),
        '/proc/51/status': status(950, 100, 40),
        '/proc/52/stat': stat(52, 50, 8888),
        '/proc/52/status': status(200, 5000, 20)
      }
    });
    // The root's, what the fork has beyond it, what the other program has, and what they share.
    expect(readTreeUse(machine, 50)?.memoryBytes).toBe((900 + 50 + 200 + 40) * 1024);
  });
});

describe('the node', () => {
  it('is measured in CPUs and bytes of its own', async () => {
    const use = await new NodeUsage(files, [0]).measure();
    expect(use!.cpusBusy).toBeGreaterThanOrEqual(0);
    expect(use!.cpusBusy).toBeLessThanOrEqual(1);
    expect(use!.memoryUsedBytes).toBeGreaterThan(0);
  });

  it.each([
    ['all are on line', {}, 0.5],
    ['lower ones are off line', { '/sys/devices/system/cpu/online': '1-2' }, 0.25]
  ])('is that of its CPUs where %s', async (_, online, busy) => {
    const cpu = Object.getPrototypeOf(new OSUtils().cpu) as CPUMonitor;
    const data = [0, 25, 50];
    const figures = {
      success: true,
      data,
      timestamp: 0,
      cached: false,
      platform: 'linux'
    } as const;
    const measured = jest.spyOn(cpu, 'usageByCore').mockResolvedValue(figures);
    const machine = new FakeMachine({ layout: 'none', files: online });
    expect((await new NodeUsage(machine, [2]).measure())?.cpusBusy).toBe(busy);
    measured.mockRestore();
  });

  it('tells nothing where nothing can be read', async () => {
    const cpu = Object.getPrototypeOf(new OSUtils().cpu) as CPUMonitor;
    const failing = jest.spyOn(cpu, 'usageByCore').mockRejectedValue(new Error('EMFILE'));
    expect(await new NodeUsage(files, [0]).measure()).toBeNull();
    failing.mockRestore();
  });

  it.each([
    ['its own', '/app'],
    ['one above it', '/app/inner'],
    ['the one that it was moved aside from', '/app/cellgrant-server']
  ])('counts the cgroup that has a limit: %s', async (_which, own) => {
    const machine = new FakeMachine({ layout: 'v2', own });
    const limited = machine.cgroup('/sys/fs/cgroup/app');
    limited.files.set('memory.max', `${2 ** 30}`);
    limited.files.set('memory.current', `${3 * 2 ** 20}`);
    limited.files.set(
      'memory.stat',
      `inactive_file ${2 ** 19}\nactive_file ${2 ** 19}\nfile_dirty ${2 ** 19}`
    );
    const use = await new NodeUsage(machine, [0]).measure();
    expect(use!.memoryUsedBytes).toBe(2 * 2 ** 20);
    expect(use!.memoryAvailableBytes).toBe(2 ** 30 - 2 * 2 ** 20);
  });

  it('counts the root as a container sees it, where that has a limit', async () => {
    const machine = new FakeMachine({ layout: 'v2', own: '/' });
    const root = machine.cgroup('/sys/fs/cgroup');
    root.files.set('memory.max', `${2 ** 30}`);
    root.files.set('memory.current', `${2 ** 20}`);
    const use = await new NodeUsage(machine, [0]).measure();
    expect(use!.memoryUsedBytes).toBe(2 ** 20);
  });
});
