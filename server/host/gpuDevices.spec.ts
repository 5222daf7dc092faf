import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { FakeMachine } from '../testing/fakeMachine';
import { listGpus, locateGpus, type ListedGpu } from './gpuDevices';
import { parseGpuLog, parseSliceNames } from './gpuLog';

function capture(name: string): string {
  return readFileSync(join(__dirname, '../captures/nvidia-smi', name), 'utf8');
}

const SLICED = listGpus(parseGpuLog(capture('mig.xml'))!, parseSliceNames(capture('mig.txt')));

/** What the driver tells of the capabilities of all slices; written by hand after its guide. */
const CAPABILITIES = {
  '/proc/devices': 'Character devices:\n195 nvidia-frontend\n236 nvidia-caps\n\nBlock devices:',
  ...Object.fromEntries(
    [
      ['gi3', 30],
      ['gi3/ci0', 31],
      ['gi5', 48],
      ['gi5/ci0', 49],
      ['gi6', 57],
      ['gi6/ci0', 58]
    ].map(([instance, minor]) => [
      `/proc/driver/nvidia/capabilities/gpu0/mig/${instance}/access`,
      `DeviceFileMinor: ${minor}\nDeviceFileMode: 292\nDeviceFileModify: 1`
    ])
  )
};

describe('the device files of GPUs', () => {
  it('[ENF7] are /dev/nvidiaN by the number that nvidia-smi tells', () => {
    const listed = listGpus(parseGpuLog(capture('two-gpus.xml'))!, new Map());
    expect(locateGpus(new FakeMachine(), listed)).toEqual({
      devices: [
        { uuid: listed[0]!.uuid, nodes: [{ major: 195, minor: 1 }] },
        { uuid: listed[1]!.uuid, nodes: [{ major: 195, minor: 0 }] }
      ]
    });
  });

  it('[ENF7] are those of the GPU and of both its instances for a slice', () => {
    const gpu = { major: 195, minor: 0 };
    const cap = (minor: number) => ({ major: 236, minor });
    expect(locateGpus(new FakeMachine({ files: CAPABILITIES }), SLICED)).toEqual({
      devices: [
        { uuid: 'MIG-11111111-0000-5555-6666-777777777777', nodes: [gpu, cap(30), cap(31)] },
        { uuid: 'MIG-22222222-0000-5555-6666-777777777777', nodes: [gpu, cap(48), cap(49)] },
        { uuid: 'MIG-33333333-0000-5555-6666-777777777777', nodes: [gpu, cap(57), cap(58)] }
      ]
    });
  });

  it('are listed for slices that cannot be granted, too', () => {
    const [first] = listGpus(parseGpuLog(capture('mig.xml'))!, new Map());
    expect(first!.uuid).toMatch(/^GPU-/);
    expect(first!.instance).toBe('3/0');
  });

  it.each<[string, ListedGpu, RegExp]>([
    ['no number', { uuid: 'GPU-1', minor: null, instance: null }, /device file of GPU-1/],
    ['one for all GPUs', { uuid: 'GPU-1', minor: 255, instance: null }, /device file of GPU-1/],
    ['no capability', { uuid: 'MIG-1', minor: 0, instance: '9/0' }, /files of the slice MIG-1/]
  ])('cannot be told where the driver tells %s', (_, gpu, why) => {
    const files = new FakeMachine({ files: CAPABILITIES });
    expect(locateGpus(files, [gpu])).toEqual({ why: expect.stringMatching(why) });
  });
});
