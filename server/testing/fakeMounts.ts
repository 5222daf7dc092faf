import { V1, V2 } from '../host/cgroupfs';
import { formatCpuList, type CpuSet } from '../protocol/cpuset';
import { FakeCgroup, FakeHierarchy } from './fakeCgroups';

/** How cgroups are mounted. */
export type Layout = 'v1' | 'v1-joined' | 'v2' | 'hybrid' | 'none';

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

/** The mounted cgroup hierarchies of a fake machine. */
export class FakeMounts {
  readonly hierarchies: readonly FakeHierarchy[];

  constructor(
    layout: Layout,
    private readonly ownPath: string,
    private readonly delegated: readonly string[],
    private readonly machineCpus: CpuSet,
    kill: (cgroup: FakeCgroup) => void
  ) {
    this.hierarchies = MOUNTS[layout].map(
      ([version, controllers, name]) =>
        new FakeHierarchy(
          version,
          controllers.split(/[ ,]/).filter(Boolean),
          `/sys/fs/cgroup${name && `/${name}`}`,
          machineCpus,
          kill
        )
    );
    for (const part of ownPath.split('/').filter(Boolean).keys()) {
      this.makeOwn(part + 1);
    }
  }

  private makeOwn(depth: number): void {
    const parts = this.ownPath.split('/').filter(Boolean).slice(0, depth);
    for (const hierarchy of this.hierarchies) {
      const above = this.descend(hierarchy.root, parts.slice(0, -1));
      if (hierarchy.version === 2) {
        const enabled = hierarchy.controllers.filter(it => this.delegated.includes(it));
        above!.files.set(V2.subtree, enabled.join(' '));
      }
      const made = new FakeCgroup(hierarchy, above);
      above!.children.set(parts[depth - 1]!, made);
      if (made.files.has(V1.mems)) {
        made.files.set(V1.cpus, formatCpuList(this.machineCpus));
        made.files.set(V1.mems, '0');
      }
    }
  }

  private descend(root: FakeCgroup, parts: readonly string[]): FakeCgroup | null {
    return parts.reduce<FakeCgroup | null>((at, part) => at?.children.get(part) ?? null, root);
  }

  /** The own cgroup of the process that looks. */
  own(hierarchy: FakeHierarchy): FakeCgroup {
    return this.descend(hierarchy.root, this.ownPath.split('/').filter(Boolean))!;
  }

  /** What a path names: a cgroup, or a file in one; null where it is outside. */
  locate(path: string): { cgroup: FakeCgroup; file: string | null } | null {
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
}

/** The cgroup that a process is in. */
export function cgroupOf(hierarchy: FakeHierarchy, pid: number): FakeCgroup | null {
  const search = (cgroup: FakeCgroup): FakeCgroup | null =>
    cgroup.processes.has(pid)
      ? cgroup
      : [...cgroup.children.values()].reduce<FakeCgroup | null>(
          (found, child) => found ?? search(child),
          null
        );
  return search(hierarchy.root);
}

/** A line of /proc/PID/cgroup. */
export function cgroupLine(hierarchy: FakeHierarchy, pid: number): string {
  const names: string[] = [];
  for (let at = cgroupOf(hierarchy, pid); at?.parent; at = at.parent) {
    const [name] = [...at.parent.children].find(([, child]) => child === at)!;
    names.unshift(name);
  }
  const controllers = hierarchy.version === 2 ? '' : hierarchy.controllers.join(',');
  return `${hierarchy.version === 2 ? 0 : 1}:${controllers}:/${names.join('/')}`;
}

/** A line of /proc/self/mountinfo. */
export function mountLine(hierarchy: FakeHierarchy): string {
  const type = hierarchy.version === 2 ? 'cgroup2' : 'cgroup';
  const options = hierarchy.version === 2 ? 'rw' : `rw,${hierarchy.controllers.join(',')}`;
  return `30 20 0:1 / ${hierarchy.mountPoint} rw,nosuid - ${type} ${type} ${options}`;
}
