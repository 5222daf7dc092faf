import { commonCpus, formatCpuList, parseCpuList, type CpuSet } from '../protocol/cpuset';
import { V1, V2 } from '../host/cgroupfs';
import type { IHostFiles } from '../host/files';
import { EnforcementError } from '../enforce/enforcer';
import { placeName } from '../enforce/cgroup/group';
import type { SetMask } from '../enforce/affinity/taskset';
import { FakeCgroup, HostError, type FakeHierarchy } from './fakeCgroups';
import { FakeFaults } from './fakeFaults';
import { FakeMounts, cgroupLine, cgroupOf, mountLine, type Layout } from './fakeMounts';
import { FakeProcesses, UNUSED } from './fakeProcesses';

/** What a fake machine is made of; each with a default. */
export type FakeMachineOptions = {
  readonly layout?: Layout;
  readonly cpus?: string;
  readonly memoryBytes?: number;
  /** The cgroup of the process that looks, in every hierarchy. */
  readonly own?: string;
  /** Controllers of version 2 that the own cgroup was given. */
  readonly delegated?: readonly string[];
  /** Further files: sysfs, /proc/pressure. */
  readonly files?: Readonly<Record<string, string>>;
};

/** The process that looks at the fake machine. */
export const SELF = 10;

/** A machine in memory: /proc, /sys and cgroups with the kernel's rules, and faults on demand. */
export class FakeMachine implements IHostFiles {
  /** Every write that was tried, as `path=text`, oldest first. */
  readonly writes: string[] = [];
  /** Pids that the fake kernel killed for want of memory. */
  readonly killed: number[] = [];
  /** Processes that give their memory back still: moving them does nothing, and is no error. */
  readonly dying = new Set<number>();
  /** Processes that fork whenever they are looked at, and how often they still will. */
  readonly restless = new Map<number, number>();
  readonly hierarchies: readonly FakeHierarchy[];
  private readonly mounts: FakeMounts;
  private readonly processes = new FakeProcesses();
  private readonly faults = new FakeFaults();
  private readonly cpus: CpuSet;
  private nextPid = SELF;

  constructor(private readonly options: FakeMachineOptions = {}) {
    this.cpus = parseCpuList(options.cpus ?? '0-3');
    this.mounts = new FakeMounts(
      options.layout ?? 'v1',
      options.own ?? '/',
      options.delegated ?? ['cpuset', 'cpu', 'memory'],
      this.cpus,
      cgroup => this.kill(cgroup)
    );
    this.hierarchies = this.mounts.hierarchies;
    this.spawn(1);
  }

  /** Start a process where its parent is; 1 starts it in the own cgroup. */
  spawn(parentPid: number, threads = 1): number {
    const pid = this.nextPid;
    this.nextPid += threads;
    const mask = this.processes.get(parentPid)?.mask ?? this.cpus;
    this.processes.add({ pid, parentPid, startTicks: 1000 + pid, threads, mask, ...UNUSED });
    for (const hierarchy of this.hierarchies) {
      const cgroup = cgroupOf(hierarchy, parentPid) ?? this.mounts.own(hierarchy);
      cgroup.processes.add(pid);
    }
    return pid;
  }

  exit(pid: number): void {
    this.processes.remove(pid);
    this.hierarchies.forEach(it => cgroupOf(it, pid)?.processes.delete(pid));
  }

  /** From now on (for so many times) matching operations fail: `write /sys/...`, `mkdir ...`. */
  fail(pattern: RegExp, errno: string, times = Infinity): void {
    this.faults.add(pattern, errno, times);
  }

  heal(): void {
    this.faults.heal();
  }

  /** Charge a holder's cgroup with so much memory. */
  charge(holderId: string, bytes: number): void {
    const figures = { [V1.memoryUsage]: `${bytes}`, [V2.memoryCurrent]: `${bytes}` };
    this.named(holderId).forEach(it => it.count(figures));
  }

  /** A child of a holder's process computes for 20 ms, and is waited for. */
  compute(holderId: string, pid: number): void {
    this.processes.get(pid)!.reapedTicks += 2;
    const figures = { [V1.cpuUsage]: '20000000', [V2.cpuStat]: 'usage_usec 20000' };
    this.named(holderId).forEach(it => it.count(figures));
  }

  /** A process takes so much memory and gives it back. */
  swell(pid: number, KiB: number): void {
    this.processes.get(pid)!.highestKiB += KiB;
  }

  /** A holder takes more than its limit, and the kernel kills it. */
  runOutOfMemory(holderId: string): void {
    this.named(holderId).forEach(cgroup => this.kill(cgroup));
  }

  /** A process moves itself to where the looking one is, and takes all CPUs. */
  escape(pid: number): void {
    this.processes.get(pid)!.mask = this.cpus;
    for (const hierarchy of this.hierarchies) {
      cgroupOf(hierarchy, pid)!.processes.delete(pid);
      cgroupOf(hierarchy, SELF)!.processes.add(pid);
    }
  }

  /** Somebody else takes a holder's processes away and removes its directories, and the group's if it is empty. */
  uproot(holderId: string): void {
    for (const cgroup of this.named(holderId)) {
      const group = cgroup.parent!;
      cgroup.processes.forEach(pid => cgroup.hierarchy.root.processes.add(pid));
      cgroup.remove();
      group.children.size === 0 && group.remove();
    }
  }

  startTicks(pid: number): number {
    return this.processes.get(pid)!.startTicks;
  }

  isAlive(pid: number): boolean {
    return this.processes.has(pid);
  }

  /** The CPUs that a process can run on: its own mask within its cpuset. */
  mask(pid: number): CpuSet {
    const own = this.processes.get(pid)!.mask;
    const cpuset = this.hierarchies.find(it => it.controllers.includes('cpuset'));
    const allowed = (cpuset && cgroupOf(cpuset, pid)?.cpus) ?? this.cpus;
    const both = commonCpus(own, allowed);
    return both.length > 0 ? both : allowed;
  }

  /** Stands in for taskset. */
  readonly setMask: SetMask = async (pid, cpus) => {
    const process = this.processes.get(pid);
    if (!process) {
      throw new EnforcementError(`taskset ${pid}`, 'ESRCH');
    }
    process.mask = cpus;
  };

  /** A cgroup by the path of its directory. */
  cgroup(path: string): FakeCgroup {
    const found = this.mounts.locate(path);
    if (!found || found.file !== null) {
      throw new HostError('ENOENT');
    }
    return found.cgroup;
  }

  read(path: string): string {
    this.faults.check('read', path);
    const found = this.mounts.locate(path);
    this.forkOnLook(path);
    const text = found ? this.readCgroup(found.cgroup, found.file) : this.readElse(path);
    if (text === null) {
      throw new HostError(found && found.file === null ? 'EISDIR' : 'ENOENT');
    }
    return `${text}\n`;
  }

  write(path: string, text: string): void {
    this.writes.push(`${path}=${text}`);
    this.faults.check('write', path);
    const found = this.mounts.locate(path);
    if (!found || found.file === null) {
      throw new HostError('ENOENT');
    }
    const { cgroup, file } = found;
    if (file !== V1.procs) {
      cgroup.hierarchy.write(cgroup, file, text);
      return;
    }
    const from = cgroupOf(cgroup.hierarchy, Number(text));
    if (!from) {
      throw new HostError('ESRCH');
    }
    if (this.dying.has(Number(text))) {
      return;
    }
    cgroup.hierarchy.admit(cgroup);
    from.processes.delete(Number(text));
    cgroup.processes.add(Number(text));
  }

  async writeLater(path: string): Promise<void> {
    this.faults.check('write', path);
    this.processes.reset(Number(/^\/proc\/(\d+)\/clear_refs$/.exec(path)?.[1]));
  }

  makeDirectory(path: string): void {
    this.faults.check('mkdir', path);
    const name = path.slice(path.lastIndexOf('/') + 1);
    const cgroup = this.cgroup(path.slice(0, -name.length - 1));
    if (cgroup.children.has(name) || this.readCgroup(cgroup, name) !== null) {
      throw new HostError('EEXIST');
    }
    cgroup.children.set(name, new FakeCgroup(cgroup.hierarchy, cgroup));
  }

  removeDirectory(path: string): void {
    this.faults.check('rmdir', path);
    const cgroup = this.cgroup(path);
    if (cgroup.children.size > 0 || cgroup.processes.size > 0) {
      throw new HostError('EBUSY');
    }
    cgroup.remove();
  }

  list(path: string): readonly string[] {
    this.faults.check('list', path);
    const found = this.mounts.locate(path);
    if (found?.file === null) {
      return [...found.cgroup.files.keys(), V1.procs, ...found.cgroup.children.keys()];
    }
    const process = /^\/proc\/(\d+)\/task$/.exec(path);
    const running = process && this.processes.get(Number(process[1]));
    if (running) {
      return Array.from({ length: running.threads }, (_, index) => `${running.pid + index}`);
    }
    const inside = Object.keys(this.options.files ?? {}).filter(it => it.startsWith(`${path}/`));
    if (inside.length === 0) {
      throw new HostError(found ? 'ENOTDIR' : 'ENOENT');
    }
    return [...new Set(inside.map(it => it.slice(path.length + 1).split('/')[0]!))];
  }

  directories(path: string): readonly string[] {
    this.faults.check('list', path);
    return [...this.cgroup(path).children.keys()];
  }

  /** A fork just before the answer goes where its parent is, as a real one does. */
  private forkOnLook(path: string): void {
    const pid = Number(/^\/proc\/(\d+)\/task\/\d+\/children$/.exec(path)?.[1]);
    const left = this.restless.get(pid) ?? 0;
    if (left > 0) {
      this.restless.set(pid, left - 1);
      this.spawn(pid);
    }
  }

  private readCgroup(cgroup: FakeCgroup, file: string | null): string | null {
    const processes = [...cgroup.processes];
    if (file === V1.procs) {
      return processes.join('\n');
    }
    if (file === V1.tasks || file === V2.threads) {
      return processes.flatMap(pid => this.list(`/proc/${pid}/task`)).join('\n');
    }
    return file === null ? null : (cgroup.files.get(file) ?? null);
  }

  /** What is no cgroup: given files first, then /proc as the processes make it. */
  private readElse(path: string): string | null {
    const match = /^\/proc\/(self|\d+)\/(?:task\/(\d+)\/)?(\w+)$/.exec(path);
    const pid = match?.[1] === 'self' ? SELF : Number(match?.[1]);
    const given = this.options.files?.[path];
    if (given !== undefined) {
      return given;
    }
    if (path === '/proc/meminfo') {
      return `MemTotal: ${(this.options.memoryBytes ?? 8 * 1024 ** 3) / 1024} kB`;
    }
    switch (this.processes.has(pid) && match?.[3]) {
      case 'status':
        return `${this.processes.status(pid)}\nCpus_allowed_list:\t${formatCpuList(this.mask(pid))}`;
      case 'cgroup':
        return this.hierarchies.map(it => cgroupLine(it, pid)).join('\n');
      case 'mountinfo':
        return this.hierarchies.map(mountLine).join('\n');
    }
    return this.processes.read(pid, match?.[3] ?? '', Number(match?.[2] ?? pid));
  }

  private named(holderId: string): readonly FakeCgroup[] {
    return this.hierarchies.flatMap(hierarchy => hierarchy.root.allNamed(placeName(holderId)));
  }

  private kill(cgroup: FakeCgroup): void {
    for (const pid of [...cgroup.processes]) {
      this.killed.push(pid);
      this.exit(pid);
    }
    cgroup.countKill();
  }
}
