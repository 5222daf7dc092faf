import type { Grant } from '../protocol/grant';

/** Variables for a process. */
export type Environment = Readonly<Record<string, string>>;

/** Variables from which children count CPUs; none is an order, as OMP_NUM_THREADS would be. */
const COUNTS = ['LOKY_MAX_CPU_COUNT', 'PYTHON_CPU_COUNT'];

/**
 * The environment a kernel starts with.
 *
 * #### Notes
 * Passive waiting, because a pool that spins on fewer CPUs than it has threads
 * is up to 33 times slower. On a node with GPUs none is visible before the
 * first grant; the check by NVML keeps `torch.cuda.is_available()` from fixing
 * that for good, and the PCI order makes CUDA count GPUs as nvidia-smi does.
 * JAX and TensorFlow would take most of a GPU at their first operation and never
 * return any of it, so they are configured to allocate on demand.
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
 * The environment of a cell and its children, for as long as the grant lasts.
 *
 * #### Notes
 * The gate sets the kernel's own pools. Children would take a variable that sets a pool as
 * an order: joblib, for one, divides the CPUs among its workers only if it finds none.
 * So children count CPUs, and see those they are confined to; if the author stated the
 * number, two variables state it for those that read no mask. None of them learns what
 * others left at the moment, because children outlive it.
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
