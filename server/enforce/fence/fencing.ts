import { V1, type Hierarchy } from '../../host/cgroupfs';
import { readOrNull, type IHostFiles } from '../../host/files';
import type { GpuDevice, LocatedGpus } from '../../host/gpuDevices';
import type { IDevicePrograms } from './devicePrograms';
import { failureOf } from '../enforcer';
import { attempt, undoing } from '../failures';
import type { IFence } from './fence';
import { FenceV1 } from './fenceV1';
import { FenceV2 } from './fenceV2';

/** What a tier needs to fence GPUs. */
export type FenceOptions = {
  readonly files: IHostFiles;
  /** The name of the directory that contains all holders' directories. */
  readonly group: string;
  readonly hasGpus: boolean;
  /** Whether the administrator requested it. */
  readonly isWanted: boolean;
  readonly locate: () => LocatedGpus;
  readonly programs: IDevicePrograms;
};

/** How GPUs are blocked for holders to which they were not granted. */
export type Fencing = {
  /** Created even if no longer requested, to lift what an earlier sidecar left. */
  readonly fence: IFence | null;
  readonly hasGpus: boolean;
  /** Whether it works. */
  readonly isFenced: boolean;
  /** Why GPUs are not fenced although requested; null if they are, or if not requested. */
  readonly why: string | null;
};

/** No fence; `why` is used only if one was requested. */
export function unfenced({ hasGpus, isWanted }: FenceOptions, why: string): Fencing {
  return { fence: null, hasGpus, isFenced: false, why: hasGpus && isWanted ? why : null };
}

/** A fence by the device controller of version 1, tested in the own directory. */
export function fenceByV1(options: FenceOptions, devices: Hierarchy | null): Fencing {
  const { files, group } = options;
  if (!devices) {
    return unfenced(options, 'cgroup version 1 has no devices controller here');
  }
  const wasUsed = () => readOrNull(files, `${devices.directory}/${group}/${V1.procs}`) !== null;
  return choose(options, wasUsed, gpus => {
    const fence = new FenceV1(files, gpus);
    return { fence, tryIt: () => tryIn(options, devices, fence, it => fence.mustBeShut(it)) };
  });
}

/** A fence by programs on the directories of version 2. */
export function fenceByV2(options: FenceOptions, unified: Hierarchy): Fencing {
  const { programs } = options;
  const wasUsed = () => programs.wereUsed();
  return choose(options, wasUsed, gpus => {
    const fence = new FenceV2(programs, gpus);
    return { fence, tryIt: () => tryIn(options, unified, fence) };
  });
}

/** A fence for these GPUs, after a test of it; throws `EnforcementError`. */
type Make = (gpus: readonly GpuDevice[]) => { readonly fence: IFence; readonly tryIt: () => void };

function choose(options: FenceOptions, wasUsed: () => boolean, make: Make): Fencing {
  const isWanted = options.hasGpus && options.isWanted;
  const isLeft = wasUsed();
  if (!isWanted && !isLeft) {
    return unfenced(options, '');
  }
  const located = options.locate();
  if ('why' in located) {
    return unfenced(options, located.why);
  }
  const { fence, tryIt } = make(located.devices);
  const failure = isWanted ? failureOf(tryIt) : null;
  const isFenced = isWanted && !failure;
  isLeft || fence.close(); // remove everything that the test created
  const { hasGpus } = options;
  const why = failure?.message ?? null;
  return { fence: isFenced || isLeft ? fence : null, hasGpus, isFenced, why };
}

/** Block all in a directory created and removed for this; throws `EnforcementError`. */
function tryIn(
  { files, group }: FenceOptions,
  hierarchy: Hierarchy,
  fence: IFence,
  look: (directory: string) => void = () => undefined
): void {
  const directory = `${hierarchy.directory}/${group}-fence-${process.pid}`;
  const what = 'a directory to try the fence in';
  const remove = (): void => files.removeDirectory(directory);
  attempt(what, () => files.makeDirectory(directory));
  undoing(remove, () => {
    fence.set('trial', directory, []);
    look(directory);
  });
  fence.forget('trial');
  attempt(what, remove);
}
