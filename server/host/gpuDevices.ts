import { PROC } from './cgroupfs';
import { readOrNull, type IHostFiles } from './files';
import type { GpuReading, parseSliceNames } from './gpuLog';

/** A character device by its numbers. */
export type DeviceNode = { readonly major: number; readonly minor: number };

/** A GPU, or a slice of one, as nvidia-smi lists it. */
export type ListedGpu = {
  readonly uuid: string;
  /** The minor number of its device file, /dev/nvidiaN; null if the driver does not report it. */
  readonly minor: number | null;
  /** Of a slice: `3/0` for GPU instance 3, compute instance 0; null for a whole GPU. */
  readonly instance: string | null;
};

/** A GPU, or a slice of one, and the device files that a process must open to use it. */
export type GpuDevice = { readonly uuid: string; readonly nodes: readonly DeviceNode[] };

/** All device files of a machine's GPUs, or a readable reason why they are unknown. */
export type LocatedGpus = { readonly devices: readonly GpuDevice[] } | { readonly why: string };

/** The major number of /dev/nvidiaN (admin-guide/devices.txt of the kernel). */
const NVIDIA_MAJOR = 195;

/** Minor numbers of /dev/nvidiaN; higher ones are shared by all GPUs: nvidiactl, nvidia-modeset. */
const GPU_MINOR_MAX = 253;

/**
 * Everything that nvidia-smi lists, whether or not it may be granted.
 *
 * #### Notes
 * A slice whose own UUID is unknown is listed under its GPU's UUID, and so cannot
 * be granted.
 */
export function listGpus(
  readings: readonly GpuReading[],
  sliceNames: ReturnType<typeof parseSliceNames>
): readonly ListedGpu[] {
  return readings.flatMap(({ uuid, minor, slices }): readonly ListedGpu[] =>
    slices.length === 0
      ? [{ uuid, minor, instance: null }]
      : slices.map(({ index, instance }) => {
          const name = sliceNames.get(uuid)?.[index];
          return { uuid: name?.uuid ?? uuid, minor, instance };
        })
  );
}

/**
 * The device files of GPUs.
 *
 * #### Notes
 * A slice is used through the file of its GPU and two capabilities, which the
 * driver lists below /proc/driver/nvidia (NVIDIA's MIG user guide, "Device
 * nodes and capabilities").
 */
export function locateGpus(files: IHostFiles, gpus: readonly ListedGpu[]): LocatedGpus {
  const devices: GpuDevice[] = [];
  for (const { uuid, minor, instance } of gpus) {
    if (minor === null || minor > GPU_MINOR_MAX) {
      return { why: `nvidia-smi does not report the number of the device file of ${uuid}` };
    }
    const slice = instance === null ? [] : sliceNodes(files, minor, instance);
    if (!slice) {
      return { why: `the driver does not report the device files of the slice ${uuid}` };
    }
    devices.push({ uuid, nodes: [{ major: NVIDIA_MAJOR, minor }, ...slice] });
  }
  return { devices };
}

/** The capability files of a GPU instance and of a compute instance in it; null if not reported. */
function sliceNodes(files: IHostFiles, gpu: number, instance: string): DeviceNode[] | null {
  const [gi, ci] = instance.split('/');
  const drivers = readOrNull(files, PROC.devices) ?? '';
  const major = /^\s*(\d+) nvidia-caps$/m.exec(drivers)?.[1];
  const minors = [PROC.gpuInstance(gpu, gi!), PROC.computeInstance(gpu, gi!, ci!)].map(
    path => /^DeviceFileMinor:\s*(\d+)$/m.exec(readOrNull(files, path) ?? '')?.[1]
  );
  return major === undefined || minors.includes(undefined)
    ? null
    : minors.map(minor => ({ major: Number(major), minor: Number(minor) }));
}
