/**
 * Where a MIG slice is: the UUID of its GPU, and the driver's numbers. Slices of
 * one GPU instance compute separately but share its memory.
 */
export type SlicePlace = {
  readonly gpu: string;
  readonly gpuInstance: number;
  readonly computeInstance: number;
};

/** A process on a GPU. */
export type GpuProcess = {
  readonly pid: number;
  readonly name: string;
  readonly memoryBytes: number;
  /** Its user; null if unknown, as from inside a container. */
  readonly owner: string | null;
  /** It draws a screen and computes nothing, so it needs no lease. */
  readonly isDisplay?: true;
  /** The holder whose process tree it belongs to; null for none. */
  readonly holderId: string | null;
};

/** One GPU; figures are null if they could not be read. */
export type GpuView = {
  readonly uuid: string;
  readonly index: number;
  readonly model: string;
  readonly memoryBytes: number;
  /** Only for a MIG slice. */
  readonly slice?: SlicePlace;
  /** It no longer answers, and is not granted (GPU7). */
  readonly isLost?: true;
  readonly memoryUsedBytes: number | null;
  /** 0 to 1. */
  readonly utilisation: number | null;
  readonly temperatureC: number | null;
  readonly powerW: number | null;
  /** Kernels holding a compute lease. */
  readonly leasedTo: readonly string[];
  /** Processes on the GPU; `holderId` null means it holds no lease (GPU4). */
  readonly processes: readonly (GpuProcess & { readonly leased: boolean })[];
};
