import { spawnSync } from 'node:child_process';
import { hostname } from 'node:os';
import { formatCpuList } from '../lib/cpuset';
import type { NodeFacts } from '../core/events';
import type { Confinement } from '../core/effects';
import type { TierName } from '../protocol/view';
import { V1, V2, findHierarchies, withoutLeaf, type Hierarchy } from '../host/cgroupfs';
import { DiskFiles, readOrNull, type IHostFiles } from '../host/files';
import { locateGpus } from '../host/gpuDevices';
import { findGpus, type GpuOptions } from '../host/gpus';
import { holdDirectory, type Hold } from '../host/locks';
import type { IOwnFiles } from '../host/ownDirectory';
import { readCapacity } from '../host/topology';
import { adviceFor } from './advice';
import { AffinityEnforcer } from './affinity/affinity';
import { CgroupV1 } from './cgroup/cgroupV1';
import { CgroupV2 } from './cgroup/cgroupV2';
import { BpftoolPrograms, type IDevicePrograms } from './fence/devicePrograms';
import { EnforcementError, type IEnforcer, type ISpreader } from './enforcer';
import { fenceByV1, fenceByV2, unfenced, type FenceOptions } from './fence/fencing';
import { groupOf, type Group } from './cgroup/group';
import { MaskFile } from './affinity/maskStore';
import { Masks } from './affinity/masks';
import { NoEnforcer } from './none';
import { Spreader } from './affinity/spreader';
import { setMaskByTaskset, setThreadMaskByTaskset, type SetMask } from './affinity/taskset';
import { CONTROLLERS, cgroupTier, describeTier, type GpuHold } from './tierView';
import type { FailureListener } from './cgroup/removals';

/** What a probe may be told. */
export type ProbeOptions = {
  /** The sidecar's directory: names the group, so that a restarted sidecar finds its places. */
  readonly own: IOwnFiles;
  readonly hold?: Hold;
  /** Where writes that fail later are told. */
  readonly onFailure: FailureListener;
  readonly tier?: TierName | 'auto';
  /** A cgroup that was delegated, instead of the own one. */
  readonly cgroupRoot?: string | undefined;
  /** CPUs to hand out, in list syntax, of those that can be used. */
  readonly cpus?: string | undefined;
  /** How many of them are kept back. */
  readonly reservedCpus?: number | undefined;
  readonly memoryBytes?: number | undefined;
  readonly files?: IHostFiles;
  readonly gpus?: GpuOptions;
  /** Whether GPUs are to be kept from those that were not granted them (ENF7). */
  readonly fencesGpus?: boolean | undefined;
  readonly programs?: IDevicePrograms;
  readonly setMask?: SetMask;
  readonly setThreadMask?: SetMask;
  readonly platform?: NodeJS.Platform;
};

/** What a probe found. */
export type Probed = {
  readonly node: NodeFacts;
  readonly enforcer: IEnforcer;
  readonly spreader: ISpreader;
  readonly notices: readonly string[];
};

type Surroundings = {
  readonly files: IHostFiles;
  readonly hierarchies: readonly Hierarchy[];
  readonly group: Group;
  readonly hold: Hold;
  readonly cpus: string;
  readonly masks: Masks;
  readonly fencing: FenceOptions;
  /** Tries to set a mask from outside: why that fails, null where it works. */
  readonly masksFailure: () => string | null;
  readonly onFailure: FailureListener;
  readonly linux: boolean;
};

/** An enforcer, or why there is none of this tier. */
type Attempt = { readonly enforcer: IEnforcer } | { readonly why: string };

const NOTHING: Confinement = {
  cpus: null,
  weight: 100,
  idle: false,
  memoryBytes: null,
  gpus: null
};
const TIERS: readonly TierName[] = ['cgroup-v2', 'cgroup-v1', 'affinity', 'none'];

/** Set up a tier for real; what it cannot do is undone and told, with what could be done about it. */
function attempting(
  make: () => IEnforcer,
  advise: (errno: string) => readonly string[] = () => []
): Attempt {
  try {
    return { enforcer: make() };
  } catch (error) {
    if (error instanceof EnforcementError) {
      return { why: [error.message, ...advise(error.errno)].join('; ') };
    }
    throw error;
  }
}

function tryV2(around: Surroundings, better: string): Attempt {
  const mounted = around.hierarchies.find(it => it.version === 2);
  if (!mounted) {
    return { why: 'cgroup version 2 is not mounted' };
  }
  const hierarchy = { ...mounted, directory: withoutLeaf(mounted.directory) };
  const given = readOrNull(around.files, `${hierarchy.directory}/${V2.controllers}`) ?? '';
  const controllers = CONTROLLERS.filter(it => given.split(' ').includes(it));
  if (controllers.length === 0) {
    return { why: 'its cgroup version 2 has none of cpuset, cpu and memory' };
  }
  const { directory } = hierarchy;
  const missing = CONTROLLERS.filter(it => !controllers.includes(it));
  const told = [better, ...adviceFor(directory, missing)].filter(Boolean).join('; ');
  const { fence, ...gpus } = fenceByV2(around.fencing, hierarchy);
  const tier = cgroupTier('cgroup-v2', controllers, around.masksFailure, gpus, told);
  const masks = controllers.includes('cpuset') ? null : around.masks;
  return attempting(
    () => new CgroupV2({ ...around, tier, hierarchy, controllers, masks, fence }),
    errno => adviceFor(directory, [errno])
  );
}

/** Hierarchies of version 1 in which a directory can really be made. */
function writableV1(around: Surroundings): readonly Hierarchy[] {
  const wanted = [...CONTROLLERS, 'cpuacct'];
  return around.hierarchies.filter(hierarchy => {
    if (hierarchy.version !== 1 || !hierarchy.controllers.some(it => wanted.includes(it))) {
      return false;
    }
    const trial = `${hierarchy.directory}/${around.group.name}-probe-${process.pid}`;
    try {
      around.files.makeDirectory(trial);
      around.files.removeDirectory(trial);
      return true;
    } catch {
      // Read-only, not ours, full: whatever the reason, this one cannot be used.
      return false;
    }
  });
}

function tryV1(around: Surroundings, better: string): Attempt {
  if (!around.hierarchies.some(it => it.version === 1)) {
    return { why: 'cgroup version 1 is not mounted' };
  }
  const hierarchies = writableV1(around);
  const controllers = hierarchies.flatMap(it => it.controllers);
  if (!CONTROLLERS.some(it => controllers.includes(it))) {
    return { why: 'no cgroup version 1 directory can be made' };
  }
  const devices = around.hierarchies.find(it => it.controllers.includes('devices')) ?? null;
  const { fence, ...gpus } = fenceByV1(around.fencing, devices);
  const tier = cgroupTier('cgroup-v1', controllers, around.masksFailure, gpus, better);
  const masks = controllers.includes('cpuset') ? null : around.masks;
  const used = [...new Set(fence && devices ? [...hierarchies, devices] : hierarchies)];
  return attempting(() => new CgroupV1({ ...around, tier, hierarchies: used, masks, fence }));
}

/** GPUs in tiers that have no directory for each holder. */
function heldByName({ fencing }: Surroundings): GpuHold {
  return unfenced(fencing, 'that takes cgroups');
}

function tryAffinity(around: Surroundings, better: string): Attempt {
  if (!around.linux) {
    return { why: 'affinity masks are set on Linux only' };
  }
  const failure = around.masksFailure();
  const tier = describeTier('affinity', `${better}.`, heldByName(around), {
    memory: 'affinity masks do not limit memory',
    ...(failure !== null && {
      cpus: `only the gate can set masks, not those of children: ${failure}`
    })
  });
  return { enforcer: new AffinityEnforcer(tier, around.files, around.masks) };
}

function tryNone(around: Surroundings, better: string): Attempt {
  const why = 'nothing is enforced here; grants are advice';
  const gaps = { cpus: why, memory: why };
  const tier = describeTier('none', `${better}.`, heldByName(around), gaps);
  return { enforcer: new NoEnforcer(tier, around.files, around.linux) };
}

const TRIALS: Readonly<Record<TierName, (around: Surroundings, better: string) => Attempt>> = {
  'cgroup-v2': tryV2,
  'cgroup-v1': tryV1,
  affinity: tryAffinity,
  none: tryNone
};

/** The best tier that works, from the forced one on. */
function chooseEnforcer(around: Surroundings, forced: TierName | 'auto'): IEnforcer {
  const reasons = forced === 'auto' ? [] : [`--tier ${forced} was asked for`];
  for (const name of TIERS.slice(Math.max(0, TIERS.indexOf(forced as TierName)))) {
    const attempted = TRIALS[name](around, reasons.join('; '));
    if ('enforcer' in attempted) {
      return attempted.enforcer;
    }
    reasons.push(`not ${name}: ${attempted.why}`);
  }
  throw new Error('the tier "none" always works');
}

/** Whether `taskset` really sets a mask here; null if so, else why not. */
function tryTaskset(cpus: string): string | null {
  const script = 'exec taskset -apc "$0" $$';
  const result = spawnSync('/bin/sh', ['-c', script, cpus], { encoding: 'utf8', timeout: 5000 });
  const said = result.stderr?.trim().split('\n')[0];
  return result.status === 0 ? null : said || result.error?.message || 'taskset failed';
}

/**
 * Find what may be handed out here and the best way to enforce it, by really
 * trying: each tier makes its directories and sets its files before it is said
 * to work (ENF3).
 *
 * #### Notes
 * A forced tier that does not work gives way to the next one, and the reason
 * says so. Never rejects for what the host refuses.
 */
export async function probe(options: ProbeOptions): Promise<Probed> {
  const files = options.files ?? new DiskFiles();
  const capacity = readCapacity(files, options);
  const cpus = formatCpuList(capacity.cpus.map(it => it.id));
  const { setMask = setMaskByTaskset, setThreadMask = setThreadMaskByTaskset } = options;
  const { onFailure, own } = options;
  const found = await findGpus({ visible: process.env.CUDA_VISIBLE_DEVICES, ...options.gpus });
  const store = new MaskFile(own, 'masks.json');
  const placed = new MaskFile(own, 'spread.json');
  const spreader = new Spreader({ files, cpus, setThreadMask, store: placed, onFailure });
  const isPlaced = (tid: number): boolean => spreader.hasPlaced(tid);
  const group = groupOf(own);
  const around: Surroundings = {
    files,
    onFailure,
    cpus,
    hierarchies: atRoot(files, findHierarchies(files), options.cgroupRoot),
    group,
    hold: options.hold ?? holdDirectory,
    fencing: {
      files,
      group: group.name,
      hasGpus: found.gpus.length > 0,
      isWanted: options.fencesGpus ?? false,
      locate: () => locateGpus(files, found.listed),
      programs: options.programs ?? new BpftoolPrograms(own, group.name)
    },
    masks: new Masks({ files, cpus, setMask, setThreadMask, isPlaced, store, onFailure }),
    masksFailure: () => (setMask === setMaskByTaskset ? tryTaskset(cpus) : null),
    linux: (options.platform ?? process.platform) === 'linux'
  };
  const enforcer = chooseEnforcer(around, options.tier ?? 'auto');
  if (enforcer.holdFor(NOTHING).affinity === null) {
    // A sidecar before this one may have held CPUs by masks; this one does not.
    around.masks.holders().forEach(holderId => around.masks.release(holderId));
  }
  const { name } = enforcer.tier;
  const node: NodeFacts = {
    name: hostname(),
    cpus: capacity.cpus,
    memoryBytes: capacity.memoryBytes,
    memoryReserveBytes: capacity.memoryReserveBytes,
    gpus: found.gpus,
    tier: enforcer.tier,
    sharesByWeight: name === 'cgroup-v2' || name === 'cgroup-v1',
    packsThreads: false // found out beside other work
  };
  return { node, enforcer, spreader, notices: [...capacity.notices, ...found.notices] };
}

/**
 * The hierarchies with a delegated directory in place of the own one. In the
 * other hierarchies of version 1 the directory of the same path counts, if
 * there is one: batch systems make theirs alike in each.
 */
function atRoot(
  files: IHostFiles,
  hierarchies: readonly Hierarchy[],
  root: string | undefined
): readonly Hierarchy[] {
  const inside = hierarchies
    .filter(it => root === it.mountPoint || root?.startsWith(`${it.mountPoint}/`))
    .sort((a, b) => b.mountPoint.length - a.mountPoint.length)[0];
  if (root === undefined) {
    return hierarchies;
  }
  const path = root.slice(inside?.mountPoint.length ?? root.length);
  return hierarchies
    .filter(it => inside && it.version === inside.version)
    .map(it => ({ ...it, directory: it.mountPoint + path }))
    .filter(it => readOrNull(files, `${it.directory}/${V1.procs}`) !== null);
}
