import type { GpuUse, HolderUse } from '../uses';

/** The most that an execution was seen to use, and the mean for its GPUs; null while not measured. */
export type Peaks = {
  cpus: number | null;
  memoryBytes: number | null;
  threads: number | null;
  processes: number | null;
  gpuMemoryBytes: number | null;
  /** Of its GPUs: the sum of what each measurement found, 0 to 1, and how many there were. */
  readonly gpuUtilisation: { sum: number; count: number };
};

/** The peaks of an execution that begins. */
export function createPeaks(): Peaks {
  return {
    cpus: null,
    memoryBytes: null,
    threads: null,
    processes: null,
    gpuMemoryBytes: null,
    gpuUtilisation: { sum: 0, count: 0 }
  };
}

/** Raise the peaks to what its holder uses now. */
export function raisePeaks(peaks: Peaks, use: HolderUse): void {
  peaks.cpus = highest(peaks.cpus, use.cpusBusy);
  peaks.memoryBytes = Math.max(peaks.memoryBytes ?? 0, use.memoryPeakBytes ?? 0, use.memoryBytes);
  peaks.threads = highest(peaks.threads, use.threads);
  peaks.processes = highest(peaks.processes, use.processes ?? null);
  const gpuBytes = Object.values(use.gpuMemoryBytes);
  const onGpus = gpuBytes.length ? gpuBytes.reduce((sum, it) => sum + it, 0) : null;
  peaks.gpuMemoryBytes = highest(peaks.gpuMemoryBytes, onGpus);
}

/** The execution ends: one that died before it was measured had at least what its holder kept. */
export function closePeaks(peaks: Peaks, use: HolderUse | null): void {
  peaks.memoryBytes ??= use?.memoryBytes ?? null;
}

/** Add a measurement of the GPUs that were granted; those that tell no utilisation are left out. */
export function addUtilisation(
  { gpuUtilisation }: Peaks,
  gpus: readonly (GpuUse | undefined)[]
): void {
  const known = gpus.flatMap(it => it?.utilisation ?? []);
  if (known.length) {
    gpuUtilisation.sum += known.reduce((sum, it) => sum + it, 0) / known.length;
    gpuUtilisation.count += 1;
  }
}

/** The mean utilisation of the granted GPUs, 0 to 1; null if it was never measured. */
export function meanUtilisation({ gpuUtilisation: { sum, count } }: Peaks): number | null {
  return count ? sum / count : null;
}

/** The larger of two figures, of which either may be unknown. */
export function highest(a: number | null, b: number | null): number | null {
  return a === null || b === null ? (a ?? b) : Math.max(a, b);
}
