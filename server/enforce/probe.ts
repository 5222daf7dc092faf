import { hostname } from 'node:os';
import type { Confinement } from '../core/effects';
import type { NodeFacts } from '../core/events';
import type { TierName } from '../protocol/view';
import type { CpuSet } from '../protocol/cpuset';
import { V1, findHierarchies, type Hierarchy } from '../host/cgroupfs';
import { DiskFiles, readOrNull, type IHostFiles } from '../host/files';
import { locateGpus } from '../host/gpuDevices';
import { findGpus, type GpuDiscovery, type GpuOptions } from '../host/gpus';
import { lockDirectory, type LockDirectory } from '../host/locks';
import type { IOwnFiles } from '../host/ownDirectory';
import { readCapacity, type Capacity } from '../host/topology';
import { BpftoolPrograms, type IDevicePrograms } from './fence/devicePrograms';
import type { IEnforcer, ISpreader } from './enforcer';
import type { FenceOptions } from './fence/fencing';
import { groupOf, type Group } from './cgroup/group';
import { MaskFile } from './affinity/maskStore';
import { Masks } from './affinity/masks';
import type { BroughtBackListener, FailureListener } from './cgroup/removals';
import { Spreader } from './affinity/spreader';
import {
  setMaskByTaskset,
  setThreadMaskByTaskset,
  whyNoTaskset,
  type SetMask
} from './affinity/taskset';
import { chooseEnforcer, type Surroundings } from './tiers';

/** The options of a probe. */
export type ProbeOptions = {
  /** The sidecar's directory: names the group, so that a restarted sidecar finds its places. */
  readonly own: IOwnFiles;
  readonly lock?: LockDirectory;
  /** Receives writes that fail later. */
  readonly onFailure: FailureListener;
  /** Receives holders that had escaped their confinement, and are confined again. */
  readonly onBroughtBack: BroughtBackListener;
  readonly tier?: TierName | 'auto';
  /** A delegated cgroup, instead of the own one. */
  readonly cgroupRoot?: string | undefined;
  /** CPUs to hand out, of those that are available. */
  readonly cpus?: CpuSet | undefined;
  /** How many of them are reserved. */
  readonly reservedCpus?: number | undefined;
  readonly memoryBytes?: number | undefined;
  readonly files?: IHostFiles;
  readonly gpus?: GpuOptions;
  /** Whether to keep holders from opening GPUs that they were not granted (ENF7). */
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

/**
 * Find what may be handed out here and the best way to enforce it, by actually
 * trying: each tier creates its directories and sets its files before it is reported
 * to work (ENF3).
 *
 * #### Notes
 * If a forced tier does not work the next one is used, and the reason
 * says so. Never rejects because the host refuses something.
 */
export async function probe(options: ProbeOptions): Promise<Probed> {
  const { files = new DiskFiles() } = options;
  const capacity = readCapacity(files, options);
  const cpus = capacity.cpus.map(it => it.id);
  const found = await findGpus({ visible: process.env.CUDA_VISIBLE_DEVICES, ...options.gpus });
  const spreader = spreaderOf(options, files, cpus);
  const group = groupOf(options.own);
  const around: Surroundings = {
    files,
    group,
    cpus,
    onFailure: options.onFailure,
    onBroughtBack: options.onBroughtBack,
    hierarchies: atRoot(files, findHierarchies(files), options.cgroupRoot),
    lock: options.lock ?? lockDirectory,
    fencing: fencingOf(options, files, group, found),
    masks: masksOf(options, files, cpus, spreader),
    masksFailure: () => (options.setMask ? null : whyNoTaskset(cpus)),
    linux: (options.platform ?? process.platform) === 'linux'
  };
  const enforcer = chooseEnforcer(around, options.tier ?? 'auto');
  dropUnused(around.masks, enforcer);
  const node = nodeOf(capacity, found, enforcer);
  return { node, enforcer, spreader, notices: [...capacity.notices, ...found.notices] };
}

function spreaderOf(options: ProbeOptions, files: IHostFiles, cpus: CpuSet): Spreader {
  const { own, onFailure, setThreadMask = setThreadMaskByTaskset } = options;
  const store = new MaskFile(own, 'spread.json');
  return new Spreader({ files, cpus, setThreadMask, store, onFailure });
}

function masksOf(options: ProbeOptions, files: IHostFiles, cpus: CpuSet, beside: Spreader): Masks {
  const { setMask = setMaskByTaskset, setThreadMask = setThreadMaskByTaskset } = options;
  const { onFailure, onBroughtBack } = options;
  const store = new MaskFile(options.own, 'masks.json');
  const isPlaced = (tid: number): boolean => beside.hasPlaced(tid);
  const setting = { setMask, setThreadMask, isPlaced };
  return new Masks({ files, cpus, store, ...setting, onFailure, onBroughtBack });
}

function fencingOf(
  { own, fencesGpus = false, programs }: ProbeOptions,
  files: IHostFiles,
  { name: group }: Group,
  { gpus, listed }: GpuDiscovery
): FenceOptions {
  return {
    files,
    group,
    hasGpus: gpus.length > 0,
    isWanted: fencesGpus,
    locate: () => locateGpus(files, listed),
    programs: programs ?? new BpftoolPrograms(own, group)
  };
}

const NOTHING: Confinement = {
  cpus: null,
  weight: 100,
  idle: false,
  memoryBytes: null,
  gpus: null
};

/** An earlier sidecar may have pinned CPUs by masks, where this one does not. */
function dropUnused(masks: Masks, enforcer: IEnforcer): void {
  if (enforcer.pinningFor(NOTHING).affinity === null) {
    masks.holders().forEach(holderId => masks.release(holderId));
  }
}

function nodeOf(capacity: Capacity, { gpus }: GpuDiscovery, { tier }: IEnforcer): NodeFacts {
  const { cpus, memoryBytes, memoryReserveBytes } = capacity;
  return {
    name: hostname(),
    cpus,
    memoryBytes,
    memoryReserveBytes,
    gpus,
    tier,
    sharesByWeight: tier.name === 'cgroup-v2' || tier.name === 'cgroup-v1',
    packsThreads: false // determined in the background
  };
}

/**
 * The hierarchies with a delegated directory in place of the own one. In the
 * other hierarchies of version 1 the directory of the same path is used, if
 * it exists: batch systems create the same path in each.
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
