import { UNCONFINED, type Confinement } from '../../core/effects';
import type { GpuUse, HolderUse } from '../../core/events';
import type { Execution } from '../execution';

/** The user's one kernel: what it is held to, what it runs, what it used. */
export type Kernel = {
  readonly id: string;
  confinement: Confinement;
  execution: Execution | null;
  claimId: string;
  /** CPU time of the cells that ended. */
  cpuSecondsBefore: number;
  /** CPU time at the last measurement. */
  cpuSecondsMeasured: number;
  /** GPUs on which it holds a context, for good. */
  readonly gpus: Set<string>;
};

/** What a CUDA context takes on its GPU. */
const CONTEXT_BYTES = 2 ** 29;

/** A kernel that runs nothing yet. */
export function createKernel(id: string): Kernel {
  return {
    id,
    confinement: UNCONFINED,
    execution: null,
    claimId: '',
    cpuSecondsBefore: 0,
    cpuSecondsMeasured: 0,
    gpus: new Set()
  };
}

/** A kernel that was granted a GPU keeps a context on it. */
export function gpuUse(uuid: string, kernels: readonly Kernel[]): GpuUse {
  const processes = kernels
    .filter(({ gpus }) => gpus.has(uuid))
    .map(({ id: holderId }) => ({
      pid: 1,
      name: 'python',
      memoryBytes: CONTEXT_BYTES,
      owner: null,
      holderId
    }));
  const memoryUsedBytes = CONTEXT_BYTES * processes.length;
  return { uuid, memoryUsedBytes, utilisation: 0, temperatureC: null, powerW: null, processes };
}

/** What a kernel uses; CPUs since the last time. */
export function use(
  holderId: string,
  cpusBusy: number,
  cpuSeconds: number,
  memoryBytes: number
): HolderUse {
  return { holderId, cpusBusy, cpuSeconds, memoryBytes, threads: 1, gpuMemoryBytes: {} };
}
