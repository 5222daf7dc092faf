import { formatCpuList, parseCpuList } from '../lib/cpuset';
import { V1, V2 } from '../host/cgroupfs';
import type { IHostFiles } from '../host/files';
import type { SetMask } from '../enforce/masks';
import { EnforcementError } from '../enforce/enforcer';
import { FakeCgroup, FakeHierarchy, HostError } from './fakeCgroups';

/** How cgroups are mounted. */
export type Layout = 'v1' | 'v1-joined' | 'v2' | 'hybrid' | 'none';

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

type FakeProcess = {
  readonly pid: number;
  readonly parentPid: number;
  readonly startTicks: number;
  readonly threads: number;
  mask: string;
};

/** The process that looks at the fake machine. */
export const SELF = 10;

const MOUNTS: Readonly<Record<Layout, readonly (readonly [1 | 2, string, string])[]>> = {
  v1: ['cpu', 'cpuacct', 'cpuset', 'memory', 'devices'].map(it => [1, it, it] as const),
  'v1-joined': [
    [1, 'cpu,cpuacct', 'cpu,cpuacct'],
    [1, 'cpuset', 'cpuset'],
    [1, 'memory', 'memory']
  ],
  v2: [[2, 'cpuset cpu io memory pids', '']],
  hybrid: [
    [1, 'cpu', 'cpu'],
    [1, 'cpuset', 'cpuset'],
    [1, 'memory', 'memory'],
    [2, '', 'unified']
  ],
  none: []
};

/** A machine in memory: /proc, /sys and cgroups with the kernel's rules, and faults on demand. */
export class FakeMachine implements IHostFiles {
  /** Every write that was tried, as `path=text`, oldest first. */
  readonly writes: string[] = [];
  /** Pids that the fake kernel killed for want of memory. */
  readonly killed: number[] = [];
  readonly hierarchies: readonly FakeHierarchy[];
  private readonly processes = new Map<number, FakeProcess>();
  private readonly faults: { readonly pattern: RegExp; readonly errno: string; times: number }[] =
    [];
  private readonly cpus: string;
  private nextPid = SELF;

  constructor(private readonly options: FakeMachineOptions = {}) {
    this.cpus = options.cpus ?? '0-3';
    this.hierarchies = MOUNTS[options.layout ?? 'v1'].map(
      ([version, controllers, name]) =>
        new FakeHierarchy(
          version,
          controllers.split(/[ ,]/).filter(Boolean),
          `/sys/fs/cgroup${name && `/${name}`}`,
          this.cpus,
          cgroup => this.kill(cgroup)
        )
    );
    for (const part of (options.own ?? '').split('/').filter(Boolean).keys()) {
      this.makeOwn(part + 1);
    }
    this.spawn(1);
  }

  /** Start a process where its parent is; 1 starts it in the own cgroup. */
  spawn(parentPid: number, threads = 1): number {
    const pid = this.nextPid;
    this.nextPid += threads;
    const mask = this.processes.get(parentPid)?.mask ?? this.cpus;
    this.processes.set(pid, { pid, parentPid, startTicks: 1000 + pid, threads, mask });
    for (const hierarchy of this.hierarchies) {
      const cgroup = this.cgroupOf(hierarchy, parentPid) ?? this.ownCgroup(hierarchy);
      cgroup.processes.add(pid);
    }
    return pid;
  }

  exit(pid: number): void {
    this.processes.delete(pid);
    this.hierarchies.forEach(it => this.cgroupOf(it, pid)?.processes.delete(pid));
  }

  /** From now on (for so many times) operations on matching paths fail. */
  fail(pattern: RegExp, errno: string, times = Infinity): void {
    this.faults.push({ pattern, errno, times });
  }

  heal(): void {
    this.faults.length = 0;
  }

  startTicks(pid: number): number {
    return this.processes.get(pid)!.startTicks;
  }

  isAlive(pid: number): boolean {
    return this.processes.has(pid);
  }

  /** The CPUs that a process can run on: its own mask within its cpuset. */
  mask(pid: number): string {
    const own = parseCpuList(this.processes.get(pid)!.mask);
    const cpuset = this.hierarchies.find(it => it.controllers.includes('cpuset'));
    const allowed = (cpuset && this.cgroupOf(cpuset, pid)?.cpus) ?? parseCpuList(this.cpus);
    const both = own.filter(cpu => allowed.includes(cpu));
    return formatCpuList(both.length > 0 ? both : allowed);
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
    const found = this.locate(path);
    if (!found || found.file !== null) {
      throw new HostError('ENOENT');
    }
    return found.cgroup;
  }

  read(path: string): string {
    this.check(path);
    const found = this.locate(path);
    const text = found ? this.readCgroup(found.cgroup, found.file) : this.readElse(path);
    if (text === null) {
      throw new HostError(found && found.file === null ? 'EISDIR' : 'ENOENT');
    }
    return `${text}\n`;
  }

  write(path: string, text: string): void {
    this.writes.push(`${path}=${text}`);
    this.check(path);
    const found = this.locate(path);
    if (!found || found.file === null) {
      throw new HostError('ENOENT');
    }
    const { cgroup, file } = found;
    if (file !== V1.procs) {
      cgroup.hierarchy.write(cgroup, file, text);
      return;
    }
    const from = this.cgroupOf(cgroup.hierarchy, Number(text));
    if (!from) {
      throw new HostError('ESRCH');
    }
    cgroup.hierarchy.admit(cgroup);
    from.processes.delete(Number(text));
    cgroup.processes.add(Number(text));
  }

  makeDirectory(path: string): void {
    this.check(path);
    const [parent, name] = split(path);
    const cgroup = this.cgroup(parent);
    if (cgroup.children.has(name) || this.readCgroup(cgroup, name) !== null) {
      throw new HostError('EEXIST');
    }
    cgroup.children.set(name, new FakeCgroup(cgroup.hierarchy, cgroup));
  }

  removeDirectory(path: string): void {
    this.check(path);
    const cgroup = this.cgroup(path);
    if (cgroup.children.size > 0 || cgroup.processes.size > 0) {
      throw new HostError('EBUSY');
    }
    cgroup.parent!.children.delete(split(path)[1]);
  }

  list(path: string): readonly string[] {
    this.check(path);
    const found = this.locate(path);
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
    this.check(path);
    return [...this.cgroup(path).children.keys()];
  }

  private check(path: string): void {
    const fault = this.faults.find(it => it.times > 0 && it.pattern.test(path));
    if (fault) {
      fault.times -= 1;
      throw new HostError(fault.errno);
    }
  }

  private get own(): string {
    return this.options.own ?? '/';
  }

  private makeOwn(depth: number): void {
    const parts = this.own.split('/').filter(Boolean).slice(0, depth);
    const given = this.options.delegated ?? ['cpuset', 'cpu', 'memory'];
    for (const hierarchy of this.hierarchies) {
      const above = this.descend(hierarchy.root, parts.slice(0, -1));
      if (hierarchy.version === 2) {
        const enabled = hierarchy.controllers.filter(it => given.includes(it));
        above!.files.set(V2.subtree, enabled.join(' '));
      }
      const made = new FakeCgroup(hierarchy, above);
      above!.children.set(parts[depth - 1]!, made);
      if (made.files.has(V1.mems)) {
        made.files.set(V1.cpus, this.cpus);
        made.files.set(V1.mems, '0');
      }
    }
  }

  private descend(root: FakeCgroup, parts: readonly string[]): FakeCgroup | null {
    return parts.reduce<FakeCgroup | null>((at, part) => at?.children.get(part) ?? null, root);
  }

  private ownCgroup(hierarchy: FakeHierarchy): FakeCgroup {
    return this.descend(hierarchy.root, this.own.split('/').filter(Boolean))!;
  }

  private cgroupOf(hierarchy: FakeHierarchy, pid: number): FakeCgroup | null {
    const search = (cgroup: FakeCgroup): FakeCgroup | null =>
      cgroup.processes.has(pid)
        ? cgroup
        : [...cgroup.children.values()].reduce<FakeCgroup | null>(
            (found, child) => found ?? search(child),
            null
          );
    return search(hierarchy.root);
  }

  private locate(path: string): { cgroup: FakeCgroup; file: string | null } | null {
    const hierarchy = this.hierarchies.find(
      it => path === it.mountPoint || path.startsWith(`${it.mountPoint}/`)
    );
    if (!hierarchy) {
      return null;
    }
    const parts = path.slice(hierarchy.mountPoint.length).split('/').filter(Boolean);
    const cgroup = this.descend(hierarchy.root, parts);
    if (cgroup) {
      return { cgroup, file: null };
    }
    const parent = this.descend(hierarchy.root, parts.slice(0, -1));
    return parent && { cgroup: parent, file: parts.at(-1)! };
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

  private readElse(path: string): string | null {
    const match = /^\/proc\/(self|\d+)\/(?:task\/(\d+)\/)?(\w+)$/.exec(path);
    const pid = match?.[1] === 'self' ? SELF : Number(match?.[1]);
    const process = this.processes.get(pid);
    const file = this.options.files?.[path];
    if (file !== undefined) {
      return file;
    }
    switch (process && match?.[3]) {
      case 'stat':
        return (
          `${pid} (odd ) name) S ${process!.parentPid} ${'0 '.repeat(15)}` +
          `${process!.threads} 0 ${process!.startTicks} ${'0 '.repeat(30)}`
        );
      case 'status':
        return `Name:\tx\nUid:\t1000\t1000\nCpus_allowed_list:\t${this.mask(pid)}`;
      case 'statm':
        return '100 50 10 0 0 0 0';
      case 'children':
        return match![2] === `${pid}` ? this.childrenOf(pid).join(' ') : '';
      case 'cgroup':
        return this.hierarchies.map(it => this.cgroupLine(it, pid)).join('\n');
      case 'mountinfo':
        return this.hierarchies.map(mountLine).join('\n');
    }
    return path === '/proc/meminfo'
      ? `MemTotal: ${(this.options.memoryBytes ?? 8 * 1024 ** 3) / 1024} kB`
      : null;
  }

  private childrenOf(pid: number): readonly number[] {
    return [...this.processes.values()].filter(it => it.parentPid === pid).map(it => it.pid);
  }

  private cgroupLine(hierarchy: FakeHierarchy, pid: number): string {
    const names: string[] = [];
    for (let at = this.cgroupOf(hierarchy, pid); at?.parent; at = at.parent) {
      const [name] = [...at.parent.children].find(([, child]) => child === at)!;
      names.unshift(name);
    }
    const controllers = hierarchy.version === 2 ? '' : hierarchy.controllers.join(',');
    return `${hierarchy.version === 2 ? 0 : 1}:${controllers}:/${names.join('/')}`;
  }

  private kill(cgroup: FakeCgroup): void {
    for (const pid of [...cgroup.processes]) {
      this.killed.push(pid);
      this.exit(pid);
    }
    cgroup.files.set(V2.memoryEvents, 'low 0\nhigh 0\nmax 0\noom 1\noom_kill 1');
  }
}

function mountLine(hierarchy: FakeHierarchy): string {
  const type = hierarchy.version === 2 ? 'cgroup2' : 'cgroup';
  const options = hierarchy.version === 2 ? 'rw' : `rw,${hierarchy.controllers.join(',')}`;
  return `30 20 0:1 / ${hierarchy.mountPoint} rw,nosuid - ${type} ${type} ${options}`;
}

function split(path: string): readonly [string, string] {
  const at = path.lastIndexOf('/');
  return [path.slice(0, at), path.slice(at + 1)];
}
