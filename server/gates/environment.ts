import type { Grant } from '../protocol/grant';

/** Variables for a process. */
export type Environment = Readonly<Record<string, string>>;

/** What sizes the thread pools of libraries that are loaded later, and of children. */
const THREAD_VARIABLES = [
  'OMP_NUM_THREADS',
  'OPENBLAS_NUM_THREADS',
  'MKL_NUM_THREADS',
  'NUMEXPR_NUM_THREADS',
  'LOKY_MAX_CPU_COUNT',
  'PYTHON_CPU_COUNT'
];

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

/** What a cell and its children run with, for as long as the grant lasts. */
export function grantEnvironment(grant: Grant): Environment {
  if (grant.threads === null && grant.gpus.length === 0) {
    return NOTHING;
  }
  const threads = String(grant.threads);
  return {
    ...(grant.threads === null
      ? {}
      : Object.fromEntries(THREAD_VARIABLES.map(name => [name, threads]))),
    ...(grant.gpus.length ? { CUDA_VISIBLE_DEVICES: grant.gpus.join(',') } : {})
  };
}
