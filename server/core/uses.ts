import type { GpuProcess } from '../protocol/gpuView';

/** Measurements of one holder since the last time. */
export type HolderUse = {
  readonly holderId: string;
  /** CPUs busy on average since the last measurement. */
  readonly cpusBusy: number;
  /** Total CPU time so far, in s. */
  readonly cpuSeconds: number;
  /** The same when an execution was granted since the last measurement; absent if none was. */
  readonly cpuSecondsAtGrant?: number;
  /** Memory that the process tree holds now. */
  readonly memoryBytes: number;
  /** The most that it held since the last measurement; absent where that is not known. */
  readonly memoryPeakBytes?: number;
  readonly threads: number;
  /** Processes of the tree; absent where that is not known. */
  readonly processes?: number;
  /** GPU memory that it holds, by UUID. */
  readonly gpuMemoryBytes: Readonly<Record<string, number>>;
};

/** Measurements of one GPU. */
export type GpuUse = {
  readonly uuid: string;
  /** It no longer answers, while others do: nothing is known of it (GPU7). */
  readonly isLost?: true;
  readonly memoryUsedBytes: number | null;
  readonly utilisation: number | null;
  readonly temperatureC: number | null;
  readonly powerW: number | null;
  readonly processes: readonly GpuProcess[];
};
