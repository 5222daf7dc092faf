import { commonCpus, formatCpuList, isWithin, parseCpuList, type CpuSet } from '../protocol/cpuset';
import { V1, V2 } from '../host/cgroupfs';
import { ALL_DEVICES, DEVICE_RULES, type DeviceCgroup } from './fakeDevices';

/** An error as the kernel gives it to a process. */
export class HostError extends Error {
  constructor(readonly code: string) {
    super(code);
  }
}

/** One cgroup of a fake hierarchy. */
export class FakeCgroup implements DeviceCgroup {
  readonly children = new Map<string, FakeCgroup>();
  readonly files = new Map<string, string>();
  readonly processes = new Set<number>();
  readonly denied = new Set<string>();
  programs: readonly Buffer[] = [];
  readonly parent: FakeCgroup | null;

  constructor(
    readonly hierarchy: FakeHierarchy,
    parent: FakeCgroup | null
  ) {
    this.parent = parent;
    hierarchy.furnish(this);
  }

  /** All below it that have this name. */
  allNamed(name: string): readonly FakeCgroup[] {
    return [...this.children].flatMap(([childName, child]) => [
      ...(childName === name ? [child] : []),
      ...child.allNamed(name)
    ]);
  }

  /** Take it out of its parent. */
  remove(): void {
    for (const [name, sibling] of this.parent?.children ?? []) {
      sibling === this && this.parent!.children.delete(name);
    }
  }

  /** The CPUs that its processes may use. */
  get cpus(): CpuSet {
    const own = parseCpuList(this.files.get('cpuset.cpus') ?? '');
    const above = this.parent?.cpus ?? this.hierarchy.machineCpus;
    return own.length === 0 ? above : commonCpus(own, above);
  }

  /** The kernel's figures change, as far as it has these files. */
  count(figures: Readonly<Record<string, string>>): void {
    Object.entries(figures).forEach(
      ([file, text]) => this.files.has(file) && this.files.set(file, text)
    );
  }

  /** A process was killed at the limit. */
  countKill(): void {
    for (const [file, text] of this.files) {
      this.files.set(file, text.replace(/\b(oom|oom_kill) 0/g, '$1 1'));
    }
    this.count({ [V1.memoryPeak]: this.files.get(V1.memoryLimit) ?? '' });
  }

  number(file: string): number {
    return Number(this.files.get(file) ?? 0);
  }
}

const V1_FILES: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  cpuset: { [V1.cpus]: '', [V1.mems]: '' },
  cpu: { [V1.shares]: '1024', [V1.idle]: '0', [V1.quota]: '-1', [V1.period]: '100000' },
  cpuacct: { [V1.cpuUsage]: '0' },
  memory: {
    [V1.memoryLimit]: '9223372036854771712',
    [V1.memorySwapLimit]: '9223372036854771712',
    [V1.memoryUsage]: '0',
    [V1.memoryStat]: 'total_inactive_file 0\ntotal_active_file 0\ntotal_dirty 0\ntotal_writeback 0',
    [V1.memoryPeak]: '0',
    [V1.memoryOom]: 'oom_kill_disable 0\nunder_oom 0\noom_kill 0'
  },
  devices: { [V1.devicesList]: ALL_DEVICES, [V1.devicesAllow]: '', [V1.devicesDeny]: '' }
};

const V2_FILES: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  cpuset: { [V2.cpus]: '' },
  cpu: { [V2.weight]: '100', [V2.idle]: '0' },
  memory: {
    [V2.memoryMax]: 'max',
    [V2.memorySwapMax]: 'max',
    [V2.memoryCurrent]: '0',
    [V2.memoryStat]: 'inactive_file 0\nactive_file 0\nfile_dirty 0\nfile_writeback 0',
    [V2.memoryEvents]: 'low 0\nhigh 0\nmax 0\noom 0\noom_kill 0'
  }
};

/** One mounted hierarchy with the kernel's rules for the files that Cellgrant writes. */
export class FakeHierarchy {
  readonly root: FakeCgroup;

  constructor(
    readonly version: 1 | 2,
    readonly controllers: readonly string[],
    readonly mountPoint: string,
    readonly machineCpus: CpuSet,
    /** Called where the kernel would kill: version 2, limit below use. */
    private readonly kill: (cgroup: FakeCgroup) => void
  ) {
    this.root = new FakeCgroup(this, null);
    if (version === 1 && controllers.includes('cpuset')) {
      this.root.files.set(V1.cpus, formatCpuList(machineCpus));
      this.root.files.set(V1.mems, '0');
    }
  }

  /** Give a cgroup the files that the kernel would give it; keep those that it has. */
  furnish(cgroup: FakeCgroup): void {
    const given =
      this.version === 1
        ? this.controllers
        : cgroup.parent
          ? subtreeOf(cgroup.parent)
          : this.controllers;
    const table = this.version === 1 ? V1_FILES : V2_FILES;
    for (const controller of Object.keys(table)) {
      for (const [file, value] of Object.entries(table[controller]!)) {
        // The root of version 2 has no limits of its own.
        if (!given.includes(controller) || (this.version === 2 && !cgroup.parent)) {
          cgroup.files.delete(file);
        } else if (!cgroup.files.has(file)) {
          // What devices are allowed is as above, until it is written.
          const above = file === V1.devicesList ? cgroup.parent?.files.get(file) : undefined;
          cgroup.files.set(file, above ?? value);
        }
      }
    }
    if (this.version === 2) {
      cgroup.files.set(V2.controllers, given.join(' '));
      cgroup.files.set(V2.subtree, cgroup.files.get(V2.subtree) ?? '');
      cgroup.files.set(V2.cpuStat, cgroup.files.get(V2.cpuStat) ?? 'usage_usec 0');
    }
  }

  write(cgroup: FakeCgroup, file: string, text: string): void {
    if (!cgroup.files.has(file)) {
      throw new HostError(file === V2.memoryReclaim ? 'ENOENT' : 'EACCES');
    }
    const rule = this.version === 1 ? V1_RULES[file] : V2_RULES[file];
    const value = rule ? rule(cgroup, text, this.kill) : text;
    if (value !== null) {
      cgroup.files.set(file, value);
    }
  }

  /** Whether the cgroup may take a process. */
  admit(cgroup: FakeCgroup): void {
    const blind = this.version === 1 && this.controllers.includes('cpuset');
    if (blind && (cgroup.files.get(V1.cpus) === '' || cgroup.files.get(V1.mems) === '')) {
      throw new HostError('ENOSPC');
    }
    if (this.version === 2 && cgroup.parent && subtreeOf(cgroup).length > 0) {
      throw new HostError('EBUSY');
    }
  }
}

type Rule = (cgroup: FakeCgroup, text: string, kill: (cgroup: FakeCgroup) => void) => string | null;

function subtreeOf(cgroup: FakeCgroup): readonly string[] {
  return (cgroup.files.get(V2.subtree) ?? '').split(' ').filter(Boolean);
}

function validCpus(cgroup: FakeCgroup, text: string): CpuSet {
  const cpus = /^[\d,-]*$/.test(text.trim()) ? parseCpuList(text) : [-1];
  if (!isWithin(cpus, cgroup.hierarchy.machineCpus)) {
    throw new HostError('EINVAL');
  }
  if (cpus.length === 0 && cgroup.processes.size > 0) {
    throw new HostError('ENOSPC');
  }
  return cpus;
}

/** Version 1 counts "no limit" as the largest page-aligned number. */
const V1_NONE = 9223372036854771712;

function v1Limit(other: string, mayExceed: boolean): Rule {
  return (cgroup, text) => {
    const limit = text === '-1' ? V1_NONE : Number(text);
    const bound = cgroup.number(other);
    if (!Number.isInteger(limit) || (mayExceed ? limit < bound : limit > bound)) {
      throw new HostError('EINVAL');
    }
    if (limit < cgroup.number(V1.memoryUsage)) {
      throw new HostError('EBUSY');
    }
    return `${limit}`;
  };
}

const V1_RULES: Readonly<Record<string, Rule>> = {
  ...DEVICE_RULES,
  [V1.cpus]: (cgroup, text) => {
    const cpus = validCpus(cgroup, text);
    if (!isWithin(cpus, cgroup.parent?.cpus ?? cpus)) {
      throw new HostError('EACCES');
    }
    return formatCpuList(cpus);
  },
  [V1.shares]: (cgroup, text) => {
    if (cgroup.number(V1.idle) === 1) {
      throw new HostError('EINVAL');
    }
    return text;
  },
  [V1.idle]: (cgroup, text) => {
    if (cgroup.files.get(V1.idle) !== text) {
      cgroup.files.set(V1.shares, text === '1' ? '3' : '1024');
    }
    return text;
  },
  [V1.memoryLimit]: v1Limit(V1.memorySwapLimit, false),
  [V1.memorySwapLimit]: v1Limit(V1.memoryLimit, true)
};

const V2_RULES: Readonly<Record<string, Rule>> = {
  [V2.cpus]: (cgroup, text) => formatCpuList(validCpus(cgroup, text)),
  [V2.weight]: (cgroup, text) => {
    if (cgroup.number(V2.idle) === 1 || !(Number(text) >= 1 && Number(text) <= 10000)) {
      throw new HostError(cgroup.number(V2.idle) === 1 ? 'EINVAL' : 'ERANGE');
    }
    return text;
  },
  [V2.idle]: (cgroup, text) => {
    if (cgroup.files.get(V2.idle) !== text) {
      cgroup.files.set(V2.weight, text === '1' ? '0' : '100');
    }
    return text;
  },
  [V2.memoryMax]: (cgroup, text, kill) => {
    if (text !== 'max' && cgroup.number(V2.memoryCurrent) > Number(text)) {
      kill(cgroup);
    }
    return text;
  },
  [V2.subtree]: (cgroup, text) => {
    const enabled = new Set(subtreeOf(cgroup));
    for (const order of text.trim().split(' ')) {
      const name = order.slice(1);
      if (order.startsWith('+')) {
        if (!(cgroup.files.get(V2.controllers) ?? '').split(' ').includes(name)) {
          throw new HostError('ENOENT');
        }
        if (cgroup.parent && cgroup.processes.size > 0) {
          throw new HostError('EBUSY');
        }
        enabled.add(name);
      } else {
        if ([...cgroup.children.values()].some(child => subtreeOf(child).includes(name))) {
          throw new HostError('EBUSY');
        }
        enabled.delete(name);
      }
    }
    cgroup.files.set(V2.subtree, [...enabled].join(' '));
    cgroup.children.forEach(child => cgroup.hierarchy.furnish(child));
    return null;
  }
};
