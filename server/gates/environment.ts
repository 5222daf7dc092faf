import type { Grant } from '../protocol/grant';

/** Variables for a process. */
export type Environment = Readonly<Record<string, string>>;

/** By which children count CPUs; none is an order, as OMP_NUM_THREADS would be. */
const COUNTS = ['LOKY_MAX_CPU_COUNT', 'PYTHON_CPU_COUNT'];

/**
 * What a kernel is started with.
 *
 * #### Notes
 * Passive waiting, because a pool that spins on fewer CPUs than it has threads
 * is up to 33 times slower. On a node with GPUs none is visible before the
 * first grant; the check by NVML keeps `torch.cuda.is_available()` from fixing
 * that for good, and the PCI order makes CUDA count GPUs as nvidia-smi does.
 * JAX and TensorFlow would take most of a GPU at their first operation and never
 * give any of it back, so they are told to take what they use.
 */
export function launchEnvironment(hasGpus: boolean): Environment {
  const waiting = { OMP_WAIT_POLICY: 'PASSIVE', KMP_BLOCKTIME: '0' };
  return hasGpus
    ? {
        ...waiting,
        CUDA_VISIBLE_DEVICES: '',
        CUDA_DEVICE_ORDER: 'PCI_BUS_ID',
        PYTORCH_NVML_BASED_CUDA_CHECK: '1',
        XLA_PYTHON_CLIENT_PREALLOCATE: 'false',
        TF_FORCE_GPU_ALLOW_GROWTH: 'true'
      }
    : waiting;
}

const NOTHING: Environment = {};

/**
 * What a cell and its children run with, for as long as the grant lasts.
 *
 * #### Notes
 * The kernel's own pools are set by its gate. A variable that sets a pool would be an
 * order for children: joblib, for one, divides the CPUs among its workers unless it
 * meets one. So children count, and see the CPUs that they are held to; where the author
 * said how many these are, so do two variables for those that look at no mask. What
 * others left at the moment is told to none of them: children outlive it.
 */
export function grantEnvironment({ cpus, gpus, asked }: Grant): Environment {
  if (!asked && gpus.length === 0) {
    return NOTHING;
  }
  const count = asked && cpus !== null ? String(cpus.length) : null;
  return {
    ...(count === null ? {} : Object.fromEntries(COUNTS.map(name => [name, count]))),
    ...(gpus.length ? { CUDA_VISIBLE_DEVICES: gpus.join(',') } : {})
  };
}
