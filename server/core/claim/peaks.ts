import type { HolderUse } from '../uses';

/** The most that an execution was seen to use; null while not measured. */
export type Peaks = {
  cpus: number | null;
  memoryBytes: number | null;
  threads: number | null;
  processes: number | null;
  gpuMemoryBytes: number | null;
};

/** The peaks of an execution that begins, of whose holder this was measured last. */
export function createPeaks(use: HolderUse | null): Peaks {
  const memoryBytes = use?.memoryBytes ?? null;
  return { cpus: null, memoryBytes, threads: null, processes: null, gpuMemoryBytes: null };
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

function highest(a: number | null, b: number | null): number | null {
  return a === null || b === null ? (a ?? b) : Math.max(a, b);
}
