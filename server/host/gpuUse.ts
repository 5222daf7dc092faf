import type { Gpu, GpuUse } from '../core/events';
import type { SlicePlace } from '../protocol/view';
import type { GpuProcess, GpuReading } from './gpuLog';

/** Above this a GPU counts as busy. */
const BUSY_UTILISATION = 0.1;

/** Maps processes to their holders and users. */
export type Belonging = {
  /** The holder whose process tree it belongs to; null for other processes. */
  readonly holderOf: (pid: number) => string | null;
  /** The name of its user; null if unknown. */
  readonly ownerOf: (pid: number) => string | null;
};

/**
 * What was measured of the GPUs that are handed out (GPU4), and which of them
 * are lost (GPU7): those that a log no longer reports.
 */
export function describeUse(
  gpus: readonly Gpu[],
  readings: readonly GpuReading[],
  belonging: Belonging
): readonly GpuUse[] {
  return gpus.map(gpu => {
    // By UUID only: positions in the log shift when a GPU is lost.
    const reading = readings.find(it => it.uuid === (gpu.slice?.gpu ?? gpu.uuid));
    const use = reading && (gpu.slice ? useOfSlice(reading, gpu.slice) : useOfWhole(reading));
    return use
      ? {
          ...use,
          uuid: gpu.uuid,
          processes: use.processes.map(process => withOwner(process, belonging))
        }
      : { ...NOTHING_KNOWN, uuid: gpu.uuid, isLost: true };
  });
}

type Use = Omit<GpuUse, 'uuid' | 'processes'> & { readonly processes: readonly GpuProcess[] };

const NOTHING_KNOWN = {
  memoryUsedBytes: null,
  utilisation: null,
  temperatureC: null,
  powerW: null,
  processes: []
} as const;

function useOfWhole(reading: GpuReading): Use {
  const { memoryBytes, memoryUsedBytes, utilisation, temperatureC, powerW, processes } = reading;
  const ofProcesses = processes.reduce((sum, it) => sum + it.memoryBytes, 0);
  return {
    memoryUsedBytes: memoryBytes === null ? ofProcesses : memoryUsedBytes,
    utilisation,
    temperatureC,
    powerW,
    processes
  };
}

/** Null if its GPU no longer has such a slice. */
function useOfSlice(
  { slices, temperatureC, processes }: GpuReading,
  { gpuInstance, computeInstance }: SlicePlace
): Use | null {
  const instance = `${gpuInstance}/${computeInstance}`;
  const slice = slices.find(it => it.instance === instance);
  return slice
    ? {
        ...NOTHING_KNOWN,
        memoryUsedBytes: slice.memoryUsedBytes,
        temperatureC,
        processes: processes.filter(it => it.instance === instance)
      }
    : null;
}

function withOwner(
  { pid, name, memoryBytes, isDisplay }: GpuProcess,
  { holderOf, ownerOf }: Belonging
): GpuUse['processes'][number] {
  return {
    pid,
    name,
    memoryBytes,
    owner: ownerOf(pid),
    ...(isDisplay ? { isDisplay: true } : {}),
    holderId: holderOf(pid)
  };
}

/** GPUs that are lost, in words. */
export function findLost(gpus: readonly Gpu[], uses: readonly GpuUse[]): readonly string[] {
  const lost = new Set(uses.filter(it => it.isLost).map(it => it.uuid));
  return gpus
    .filter(gpu => lost.has(gpu.uuid))
    .map(
      ({ index, model }) =>
        `GPU ${index} (${model}) does not answer any more, and is granted to no cell until it does.`
    );
}

/** GPUs that are busy with processes that cannot be seen from here. */
export function findHiddenUse(readings: readonly GpuReading[]): readonly string[] {
  return readings
    .filter(it => it.processes.length === 0 && (it.utilisation ?? 0) > BUSY_UTILISATION)
    .map(
      it =>
        `GPU ${it.index} (${it.model}) is ${Math.round(it.utilisation! * 100)} % busy, but no ` +
        'process is seen on it: it may be used from another container or virtual machine.'
    );
}
