import { readOrNull, type IHostFiles } from './files';

/*
 * The only list of the kernel's file names. Sources: cgroup-v1/*.rst,
 * cgroup-v2.rst, proc(5) and, below /proc/driver, NVIDIA's driver.
 */

/** Files of a cgroup, version 1. */
export const V1 = {
  procs: 'cgroup.procs',
  tasks: 'tasks',
  cpus: 'cpuset.cpus',
  mems: 'cpuset.mems',
  shares: 'cpu.shares',
  idle: 'cpu.idle',
  quota: 'cpu.cfs_quota_us',
  period: 'cpu.cfs_period_us',
  cpuUsage: 'cpuacct.usage',
  memoryLimit: 'memory.limit_in_bytes',
  memorySwapLimit: 'memory.memsw.limit_in_bytes',
  memoryUsage: 'memory.usage_in_bytes',
  memoryStat: 'memory.stat',
  memoryPeak: 'memory.max_usage_in_bytes',
  memoryOom: 'memory.oom_control',
  devicesAllow: 'devices.allow',
  devicesDeny: 'devices.deny',
  devicesList: 'devices.list'
} as const;

/** Files of a cgroup, version 2. */
export const V2 = {
  procs: 'cgroup.procs',
  threads: 'cgroup.threads',
  controllers: 'cgroup.controllers',
  subtree: 'cgroup.subtree_control',
  cpus: 'cpuset.cpus',
  weight: 'cpu.weight',
  idle: 'cpu.idle',
  quota: 'cpu.max',
  cpuStat: 'cpu.stat',
  memoryMax: 'memory.max',
  memorySwapMax: 'memory.swap.max',
  memoryCurrent: 'memory.current',
  memoryStat: 'memory.stat',
  memoryEvents: 'memory.events',
  memoryReclaim: 'memory.reclaim',
  memoryPressure: 'memory.pressure'
} as const;

/** Files of /proc. */
export const PROC = {
  directory: '/proc',
  mounts: '/proc/self/mountinfo',
  ownCgroups: '/proc/self/cgroup',
  ownStatus: '/proc/self/status',
  limits: '/proc/self/limits',
  memory: '/proc/meminfo',
  zfsCache: '/proc/spl/kstat/zfs/arcstats',
  cpus: '/proc/stat',
  unixSockets: '/proc/net/unix',
  memoryPressure: '/proc/pressure/memory',
  devices: '/proc/devices',
  gpuInstance: (gpu: number, gi: string) =>
    `/proc/driver/nvidia/capabilities/gpu${gpu}/mig/gi${gi}/access`,
  computeInstance: (gpu: number, gi: string, ci: string) =>
    `/proc/driver/nvidia/capabilities/gpu${gpu}/mig/gi${gi}/ci${ci}/access`,
  stat: (pid: number) => `/proc/${pid}/stat`,
  status: (pid: number) => `/proc/${pid}/status`,
  clearRefs: (pid: number) => `/proc/${pid}/clear_refs`,
  commandLine: (pid: number) => `/proc/${pid}/cmdline`,
  cgroups: (pid: number) => `/proc/${pid}/cgroup`,
  threads: (pid: number) => `/proc/${pid}/task`,
  threadStatus: (pid: number, tid: number) => `/proc/${pid}/task/${tid}/status`,
  threadStat: (pid: number, tid: number) => `/proc/${pid}/task/${tid}/stat`,
  threadChildren: (pid: number, tid: number) => `/proc/${pid}/task/${tid}/children`
} as const;

/** Files of /sys. */
export const SYS = {
  onlineCpus: '/sys/devices/system/cpu/online',
  siblings: (cpu: number) => `/sys/devices/system/cpu/cpu${cpu}/topology/thread_siblings_list`,
  caches: (cpu: number) => `/sys/devices/system/cpu/cpu${cpu}/cache`,
  cacheLevel: (cpu: number, index: string) =>
    `/sys/devices/system/cpu/cpu${cpu}/cache/${index}/level`,
  cacheCpus: (cpu: number, index: string) =>
    `/sys/devices/system/cpu/cpu${cpu}/cache/${index}/shared_cpu_list`,
  numaNodes: '/sys/devices/system/node',
  numaCpus: (node: string) => `/sys/devices/system/node/${node}/cpulist`
} as const;

/** One mounted cgroup hierarchy and this process's own cgroup in it. */
export type Hierarchy = {
  readonly version: 1 | 2;
  /** Version 1: the controllers mounted here. Version 2: those available to the own cgroup. */
  readonly controllers: readonly string[];
  readonly mountPoint: string;
  /** The part of the hierarchy that the mount exposes; '/' for all of it. */
  readonly mountRoot: string;
  /** The directory of this process's own cgroup. */
  readonly directory: string;
};

type Mount = Omit<Hierarchy, 'directory' | 'controllers'> & { readonly options: readonly string[] };

/** Undo the octal escapes of mountinfo: `\040` is a space. */
function unescaped(text: string): string {
  return text.replace(/\\([0-7]{3})/g, (_, octal: string) =>
    String.fromCharCode(parseInt(octal, 8))
  );
}

/** One line of mountinfo (proc(5)), or null if it is not a cgroup mount. */
function parseMount(line: string): Mount | null {
  const [left, right] = line.split(' - ');
  const [type, , options] = (right ?? '').split(' ');
  const [, , , root, mountPoint] = (left ?? '').split(' ');
  if ((type !== 'cgroup' && type !== 'cgroup2') || root === undefined || mountPoint === undefined) {
    return null;
  }
  return {
    version: type === 'cgroup2' ? 2 : 1,
    mountRoot: unescaped(root),
    mountPoint: unescaped(mountPoint),
    options: (options ?? '').split(',')
  };
}

/** The file system path of a cgroup of the hierarchy, as seen through this mount. */
export function directoryOf(
  hierarchy: Pick<Hierarchy, 'mountPoint' | 'mountRoot'>,
  path: string
): string {
  const { mountPoint, mountRoot } = hierarchy;
  if (path === '/' || path.startsWith('/..')) {
    return mountPoint;
  }
  if (mountRoot === '/') {
    return mountPoint + path;
  }
  if (path === mountRoot) {
    return mountPoint;
  }
  // A container may see the host's path in a mount that starts further down.
  return path.startsWith(`${mountRoot}/`) ? mountPoint + path.slice(mountRoot.length) : mountPoint;
}

/** The cgroups of a process: a map from controller ('' for version 2) to path. */
export function cgroupsOf(files: IHostFiles, pid: number | 'self'): ReadonlyMap<string, string> {
  return parseCgroups(
    readOrNull(files, pid === 'self' ? PROC.ownCgroups : PROC.cgroups(pid)) ?? ''
  );
}

/** Parses the text of /proc/PID/cgroup: from controller ('' for version 2) to the cgroup's path. */
export function parseCgroups(text: string): ReadonlyMap<string, string> {
  const paths = new Map<string, string>();
  for (const line of text.split('\n')) {
    const match = /^\d+:([^:]*):(\/.*)$/.exec(line);
    for (const controller of match?.[1]?.split(',') ?? []) {
      paths.set(controller, match![2]!);
    }
  }
  return paths;
}

/**
 * Every mounted cgroup hierarchy that this process is in.
 *
 * #### Notes
 * If a hierarchy is mounted several times, the first mount is used. Version 1 hierarchies
 * without a controller (systemd's own) are skipped.
 */
export function findHierarchies(files: IHostFiles): readonly Hierarchy[] {
  const own = cgroupsOf(files, 'self');
  const seen = new Set<string>();
  return (readOrNull(files, PROC.mounts) ?? '').split('\n').flatMap(line => {
    const mount = parseMount(line);
    if (!mount) {
      return [];
    }
    const mounted =
      mount.version === 2
        ? ['']
        : mount.options.filter(it => own.has(it) && !it.startsWith('name='));
    const path = own.get(mounted[0] ?? '-');
    if (path === undefined || seen.has(mounted[0]!)) {
      return [];
    }
    mounted.forEach(controller => seen.add(controller));
    const directory = directoryOf(mount, path);
    const given = readOrNull(files, `${directory}/${V2.controllers}`)?.split(' ') ?? [];
    const controllers = mount.version === 2 ? given.filter(Boolean) : mounted;
    return [{ ...mount, controllers, directory }];
  });
}

/**
 * A cgroup of version 2 that delegates controllers to its children must not contain
 * processes itself; its processes move here. All sidecars below one cgroup
 * share it.
 */
export const LEAF = 'cellgrant-server';

/** The own cgroup before a sidecar moved this process to the leaf. */
export function withoutLeaf(directory: string): string {
  return directory.endsWith(`/${LEAF}`) ? directory.slice(0, -LEAF.length - 1) : directory;
}

/** The own cgroup and its ancestors, as far up as the mount exposes them. */
export function withAncestors(hierarchy: Hierarchy): readonly string[] {
  const directories = [hierarchy.directory];
  for (let at = hierarchy.directory; at.length > hierarchy.mountPoint.length;) {
    at = at.slice(0, at.lastIndexOf('/'));
    directories.push(at);
  }
  return directories;
}
