/** Measurements of one holder since the last time. */
export type HolderUse = {
  readonly holderId: string;
  /** CPUs busy on average since the last measurement. */
  readonly cpusBusy: number;
  /** Total CPU time so far, in s. */
  readonly cpuSeconds: number;
  /** Memory that the process tree holds now. */
  readonly memoryBytes: number;
  readonly threads: number;
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
  readonly processes: readonly {
    readonly pid: number;
    readonly name: string;
    readonly memoryBytes: number;
    /** Its user; null if unknown. */
    readonly owner: string | null;
    /** It draws a screen and computes nothing, so it needs no lease. */
    readonly isDisplay?: true;
    /** The holder whose process tree it belongs to, or null. */
    readonly holderId: string | null;
  }[];
};
