import { UNRESTRICTED } from '../protocol/grant';
import { grantEnvironment, launchEnvironment } from './environment';

describe('environment', () => {
  it('starts kernels with passive waiting, and with no GPU visible where there are some', () => {
    expect(launchEnvironment(false)).toEqual({ OMP_WAIT_POLICY: 'PASSIVE', KMP_BLOCKTIME: '0' });
    expect(launchEnvironment(true)).toEqual({
      OMP_WAIT_POLICY: 'PASSIVE',
      KMP_BLOCKTIME: '0',
      CUDA_VISIBLE_DEVICES: '',
      CUDA_DEVICE_ORDER: 'PCI_BUS_ID',
      PYTORCH_NVML_BASED_CUDA_CHECK: '1',
      XLA_PYTHON_CLIENT_PREALLOCATE: 'false',
      TF_FORCE_GPU_ALLOW_GROWTH: 'true'
    });
  });

  it('changes nothing for an unrestricted grant', () => {
    expect(grantEnvironment(UNRESTRICTED)).toEqual({});
  });

  it('[GPU6] sizes pools by the grant and names its GPUs by UUID', () => {
    expect(grantEnvironment({ ...UNRESTRICTED, threads: 3, gpus: ['GPU-a', 'GPU-b'] })).toEqual({
      OMP_NUM_THREADS: '3',
      OPENBLAS_NUM_THREADS: '3',
      MKL_NUM_THREADS: '3',
      NUMEXPR_NUM_THREADS: '3',
      LOKY_MAX_CPU_COUNT: '3',
      PYTHON_CPU_COUNT: '3',
      CUDA_VISIBLE_DEVICES: 'GPU-a,GPU-b'
    });
  });
});
