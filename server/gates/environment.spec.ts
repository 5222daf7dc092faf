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

  it('[GPU6] names the GPUs of a grant by UUID', () => {
    expect(grantEnvironment({ ...UNRESTRICTED, gpus: ['GPU-a', 'GPU-b'] })).toEqual({
      CUDA_VISIBLE_DEVICES: 'GPU-a,GPU-b'
    });
  });

  it('[CPU2] tells children how many CPUs the author asked for, and orders no pools', () => {
    const granted = { ...UNRESTRICTED, cpus: [0, 1, 7], threads: 3 };
    expect(grantEnvironment({ ...granted, asked: true })).toEqual({
      LOKY_MAX_CPU_COUNT: '3',
      PYTHON_CPU_COUNT: '3'
    });
  });

  it('[CPU3] tells children nothing of what others left at the moment', () => {
    expect(grantEnvironment({ ...UNRESTRICTED, threads: 1 })).toEqual({});
    expect(grantEnvironment({ ...UNRESTRICTED, cpus: [0, 1], threads: 2 })).toEqual({});
  });
});
