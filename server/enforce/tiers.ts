import type { CpuSet } from '../protocol/cpuset';
import type { TierName } from '../protocol/view';
import { V2, withoutLeaf, type Hierarchy } from '../host/cgroupfs';
import { readOrNull, type IHostFiles } from '../host/files';
import type { LockDirectory } from '../host/locks';
import { adviceFor } from './advice';
import { AffinityEnforcer } from './affinity/affinity';
import { CgroupEnforcer } from './cgroup/cgroupEnforcer';
import type { CgroupOptions } from './cgroup/options';
import { CgroupV1 } from './cgroup/cgroupV1';
import { CgroupV2, unifiedWith } from './cgroup/cgroupV2';
import { EnforcementError, type IEnforcer } from './enforcer';
import { fenceByV1, fenceByV2, unfenced, type FenceOptions } from './fence/fencing';
import type { Group } from './cgroup/group';
import type { Masks } from './affinity/masks';
import { NoEnforcer } from './none';
import type { BroughtBackListener, FailureListener } from './cgroup/removals';
import { CONTROLLERS, cgroupTier, describeTier, type GpuFencing } from './tierView';

/** What a tier is tested with. */
export type Surroundings = {
  readonly files: IHostFiles;
  readonly hierarchies: readonly Hierarchy[];
  readonly group: Group;
  readonly lock: LockDirectory;
  readonly cpus: CpuSet;
  readonly masks: Masks;
  readonly fencing: FenceOptions;
  /** Tries to set a mask from outside: the reason if that fails, null if it works. */
  readonly masksFailure: () => string | null;
  readonly onFailure: FailureListener;
  readonly onBroughtBack: BroughtBackListener;
  readonly linux: boolean;
};

/** An enforcer, or why this tier has none. */
type Attempt = { readonly enforcer: IEnforcer } | { readonly why: string };

const TIERS: readonly TierName[] = ['cgroup-v2', 'cgroup-v1', 'affinity', 'none'];

/** Actually set up a tier; if it fails, undo it and report why, with advice. */
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
  const hierarchies = [unifiedWith(hierarchy, controllers)];
  const options: CgroupOptions = { ...around, tier, hierarchies, masks, fence };
  return attempting(
    () => new CgroupEnforcer(options, (...made) => new CgroupV2(...made)),
    errno => adviceFor(directory, [errno])
  );
}

/** Hierarchies of version 1 in which a directory can actually be created. */
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
  const options: CgroupOptions = { ...around, tier, hierarchies: used, masks, fence };
  return attempting(() => new CgroupEnforcer(options, (...made) => new CgroupV1(...made)));
}

/** GPUs in tiers that have no directory for each holder. */
function heldByName({ fencing }: Surroundings): GpuFencing {
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

/** The enforcer of the best tier that works, starting with the forced one. */
export function chooseEnforcer(around: Surroundings, forced: TierName | 'auto'): IEnforcer {
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
