import { commonCpus, formatCpuList, parseCpuList, type CpuSet } from '../protocol/cpuset';
import type { Cpu } from '../core/events';
import { PROC, SYS, V1, V2, findHierarchies, withAncestors, type Hierarchy } from './cgroupfs';
import { listOrNone, readNumberOrNull, readOrNull, readTable, type IHostFiles } from './files';
import { maskIn } from './processes';

/** What this process may hand out, and notices for people. */
export type Capacity = {
  readonly cpus: readonly Cpu[];
  readonly memoryBytes: number;
  readonly memoryReserveBytes: number;
  readonly notices: readonly string[];
};

/** Limits configured below what is available. */
export type CapacityLimits = {
  /** CPUs that do not exist are ignored. */
  readonly cpus?: CpuSet | undefined;
  /** How many CPUs are reserved; at least one is handed out. */
  readonly reservedCpus?: number | undefined;
  readonly memoryBytes?: number | undefined;
};

const MIB = 1024 ** 2;
const RESERVE_BYTES_MIN = 512 * MIB;
const RESERVE_SHARE = 0.05;
const RESERVE_SHARE_MAX = 0.25;

function cpuListOrNull(text: string | null): CpuSet | null {
  return text === null || text === '' ? null : parseCpuList(text);
}

/** The CPUs that are online; null if unknown. */
export function onlineCpus(files: IHostFiles): CpuSet | null {
  return cpuListOrNull(readOrNull(files, SYS.onlineCpus));
}

/**
 * The CPUs that this process may use: those online that are in its mask. A
 * mask never exceeds the cpuset, so this is right in containers and Slurm jobs too.
 */
function usableCpus(files: IHostFiles): CpuSet {
  const mask = maskIn(readOrNull(files, PROC.ownStatus));
  const online = onlineCpus(files);
  return commonCpus(mask ?? online ?? [0], online ?? mask ?? [0]);
}

/** CPU quota of the own cgroup or an ancestor, in CPUs; infinite without a quota. */
function cpuQuota(files: IHostFiles, hierarchies: readonly Hierarchy[]): number {
  const quotas = hierarchies.flatMap(hierarchy =>
    withAncestors(hierarchy).map(directory => {
      const max = readOrNull(files, `${directory}/${V2.quota}`)?.split(' ').map(Number);
      const quota = max ? max[0]! : readNumberOrNull(files, `${directory}/${V1.quota}`);
      const period = max ? max[1]! : readNumberOrNull(files, `${directory}/${V1.period}`);
      return quota !== null && period !== null && quota > 0 ? quota / period : Infinity;
    })
  );
  return Math.min(Infinity, ...quotas);
}

/** The smallest memory limit of the own cgroup and its ancestors; infinite without a limit. */
function memoryLimit(files: IHostFiles, hierarchies: readonly Hierarchy[]): number {
  const limits = hierarchies.flatMap(hierarchy =>
    withAncestors(hierarchy).flatMap(directory => [
      readNumberOrNull(files, `${directory}/${V2.memoryMax}`) ?? Infinity,
      readNumberOrNull(files, `${directory}/${V1.memoryLimit}`) ?? Infinity
    ])
  );
  return Math.min(Infinity, ...limits);
}

/** The smallest CPU of the set that shares a resource, which serves as its name. */
function nameOfSet(text: string | null, otherwise: number): number {
  return cpuListOrNull(text)?.[0] ?? otherwise;
}

function lastLevelCache(files: IHostFiles, cpu: number): number {
  const levels = listOrNone(files, SYS.caches(cpu))
    .filter(name => name.startsWith('index'))
    .map(index => ({
      level: readNumberOrNull(files, SYS.cacheLevel(cpu, index)) ?? 0,
      cpus: readOrNull(files, SYS.cacheCpus(cpu, index))
    }))
    .sort((a, b) => b.level - a.level);
  return nameOfSet(levels[0]?.cpus ?? null, 0);
}

function numaByCpu(files: IHostFiles): ReadonlyMap<number, number> {
  const nodes = listOrNone(files, SYS.numaNodes).filter(name => /^node\d+$/.test(name));
  return new Map(
    nodes.flatMap(node =>
      (cpuListOrNull(readOrNull(files, SYS.numaCpus(node))) ?? []).map(
        cpu => [cpu, Number(node.slice('node'.length))] as const
      )
    )
  );
}

/** The CPUs as the scheduler sees them; without data in sysfs each is a core of its own. */
function describeCpus(files: IHostFiles, ids: CpuSet): readonly Cpu[] {
  const numa = numaByCpu(files);
  return ids.map(id => ({
    id,
    core: nameOfSet(readOrNull(files, SYS.siblings(id)), id),
    cache: lastLevelCache(files, id),
    numa: numa.get(id) ?? 0
  }));
}

/** CPUs without the lowest few, whole cores first: the system's own work runs there. */
function withoutReserved(cpus: readonly Cpu[], reserved: number): readonly Cpu[] {
  const byCore = [...cpus].sort((a, b) => a.core - b.core || a.id - b.id);
  const kept = new Set(byCore.slice(0, Math.min(reserved, cpus.length - 1)));
  return cpus.filter(it => !kept.has(it));
}

/**
 * What may be handed out here: the machine, or the part of it that a container,
 * a batch job, a mask or the configuration leaves to this process.
 */
export function readCapacity(files: IHostFiles, limits: CapacityLimits = {}): Capacity {
  const notices: string[] = [];
  const hierarchies = findHierarchies(files);
  const usable = usableCpus(files);
  const { cpus: wished } = limits;
  let ids = wished ? commonCpus(usable, wished) : usable;
  if (wished && ids.length < wished.length) {
    notices.push(
      `Of the CPUs ${formatCpuList(wished)} only ${formatCpuList(ids) || 'none'} can be used here; ` +
        `this process may use ${formatCpuList(usable)}.`
    );
    ids = ids.length > 0 ? ids : usable;
  }
  const quota = Math.max(1, Math.floor(cpuQuota(files, hierarchies)));
  if (quota < ids.length) {
    notices.push(
      `A CPU quota allows ${quota} of ${ids.length} CPUs' worth of time; ${quota} are handed out.`
    );
    ids = ids.slice(0, quota);
  }
  const totalBytes = (readTable(files, PROC.memory).get('MemTotal') ?? 0) * 1024;
  const memoryBytes = Math.min(
    totalBytes,
    memoryLimit(files, hierarchies),
    limits.memoryBytes ?? Infinity
  );
  const reserve = Math.max(RESERVE_BYTES_MIN, memoryBytes * RESERVE_SHARE);
  const { reservedCpus = 0 } = limits;
  if (reservedCpus >= ids.length) {
    notices.push(
      `Reserving ${reservedCpus} of ${ids.length} CPUs would leave none; one is handed out.`
    );
  }
  return {
    cpus: withoutReserved(describeCpus(files, ids), reservedCpus),
    memoryBytes,
    memoryReserveBytes: Math.floor(Math.min(reserve, memoryBytes * RESERVE_SHARE_MAX)),
    notices
  };
}
