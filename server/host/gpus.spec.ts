import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Gpu } from '../core/events';
import { parseGpuLog, parseSliceNames } from './gpuLog';
import { until } from '../testing/contractRig';
import { gpusOf } from '../testing/harness';
import { behaving, SMI as command } from '../testing/standInGpu';
import { GpuMeter } from './gpuMeter';
import { findGpus, grantable, visibleGpus } from './gpus';
import { describeUse, findHiddenUse, findLost } from './gpuUse';

const MIB = 1024 ** 2;
const GIB = 1024 ** 3;
const strangers = { holderOf: () => null, ownerOf: () => null };

function capture(name: string): string {
  return readFileSync(join(__dirname, '../captures/nvidia-smi', name), 'utf8');
}

describe('GPUs that may be handed out', () => {
  it('[GPU6] are named by UUID, in MIG mode by that of the slice', () => {
    const readings = parseGpuLog(capture('mig-shared.xml'))!;
    const slices = grantable(readings, parseSliceNames(capture('mig-shared.txt')));
    const gpu = 'GPU-cccccccc-0000-1111-2222-333333333333';
    expect(slices).toHaveLength(5);
    expect(slices.slice(2, 4)).toEqual([
      {
        uuid: 'MIG-33333333-0000-5555-6666-777777777777',
        index: 0,
        model: 'NVIDIA H100 80GB HBM3 MIG 1c.3g.40gb',
        memoryBytes: 40448 * MIB,
        slice: { gpu, gpuInstance: 1, computeInstance: 2 }
      },
      {
        uuid: 'MIG-44444444-0000-5555-6666-777777777777',
        index: 0,
        model: 'NVIDIA H100 80GB HBM3 MIG 1g.10gb',
        memoryBytes: 9984 * MIB,
        slice: { gpu, gpuInstance: 9, computeInstance: 0 }
      }
    ]);
  });

  it('have the memory of the machine where they have none of their own', () => {
    const readings = parseGpuLog(capture('unified-memory.xml'))!;
    const gpus = grantable(readings, new Map(), 120 * GIB);
    expect(gpus).toMatchObject([{ model: 'NVIDIA GB10', memoryBytes: 120 * GIB }]);
    const [use] = describeUse(gpus, readings, strangers);
    expect(use).toMatchObject({ memoryUsedBytes: 19135 * MIB, powerW: 3.11, temperatureC: 36 });
  });

  const [first, second] = grantable(parseGpuLog(capture('two-gpus.xml'))!, new Map());
  it.each([
    [undefined, [first, second]],
    ['', []],
    ['1', [second]],
    ['1,0', [second, first]],
    ['GPU-aaaa', [first]],
    ['0,7,1', [first]],
    ['-1', []],
    ['NoDevFiles', []]
  ])('are those that CUDA_VISIBLE_DEVICES=%j leaves', (visible, expected) => {
    expect(visibleGpus([first!, second!], visible)).toEqual(expected);
  });

  it('are found by asking', async () => {
    const found = await findGpus({ command, visible: '1' });
    expect(found).toMatchObject({ gpus: [second], notices: [] });
    expect(found.listed.map(it => it.minor)).toEqual([1, 0]);
    const sliced = await behaving({ STANDIN_LOG: 'mig' }, () => findGpus({ command }));
    const model = 'NVIDIA A100-SXM4-80GB MIG 2g.20gb';
    expect(sliced.gpus.map(it => it.model)).toEqual([model, model, model]);
    expect(sliced.notices).toEqual([]);
  });

  it('are told of where they are left out', async () => {
    const some = await behaving({ STANDIN_LOG: 'left-out' }, () => findGpus({ command }));
    expect(some.gpus).toHaveLength(1);
    expect(some.notices).toHaveLength(4);
    // There is no list that names the slices of this one.
    const sliced = { STANDIN_LOG: 'mig-idle' };
    const none = await behaving(sliced, () => findGpus({ command }));
    const notice = `4 MIG slices are left out: ${command} reports no UUID or memory for them.`;
    expect(none).toMatchObject({ gpus: [], notices: [notice] });
  });

  it.each(['0', '15', '255'])(
    'are those that answer, with what is said of the others, at exit code %s',
    async code => {
      const lost = 'Unable to determine the device handle for GPU1: 0000:44:00.0: Unknown Error';
      const behaviour = { STANDIN_MODE: 'warn', STANDIN_SAYS: lost, STANDIN_CODE: code };
      const found = await behaving(behaviour, () => findGpus({ command }));
      expect(found).toMatchObject({
        gpus: [first, second],
        notices: [`${command} says: ${lost}.`]
      });
    }
  );

  it('are none, without noise, where there is no driver', async () => {
    const found = await findGpus({ command: '/nowhere/nvidia-smi' });
    expect(found).toEqual({ gpus: [], listed: [], notices: [] });
  });

  it.each([
    [{ STANDIN_MODE: 'hang' }, 'did not answer within 0.2 s'],
    [{ STANDIN_MODE: 'garbage' }, 'printed no log: NVIDIA-SMI has a bad day'],
    [
      { STANDIN_MODE: 'fail' },
      "failed: NVIDIA-SMI has failed because it couldn't communicate with the NVIDIA driver. Make " +
        'sure that the latest NVIDIA driver is installed and running'
    ],
    [
      {
        STANDIN_MODE: 'fail',
        STANDIN_CODE: '18',
        STANDIN_SAYS:
          'Failed to initialize NVML: Driver/library version mismatch\nNVML library version: 535.161'
      },
      'failed: Failed to initialize NVML: Driver/library version mismatch'
    ],
    [
      { STANDIN_MODE: 'fail', STANDIN_CODE: '6', STANDIN_SAYS: 'No devices were found' },
      'failed: No devices were found'
    ],
    [
      { STANDIN_MODE: 'fail', STANDIN_CODE: '0', STANDIN_SAYS: 'No devices were found' },
      'printed no log: No devices were found'
    ]
  ])('are none, with a notice, where nvidia-smi does this: %j', async (behaviour, what) => {
    const timeoutMs = behaviour.STANDIN_MODE === 'hang' ? 200 : 10_000;
    const found = await behaving(behaviour, () => findGpus({ command, timeoutMs }));
    expect(found.gpus).toEqual([]);
    expect(found.notices).toEqual([`GPUs are not handed out: ${command} ${what}.`]);
  });
});

describe('what was measured', () => {
  it('[GPU4] names the holder of each process, and strangers as such', () => {
    const readings = parseGpuLog(capture('two-gpus.xml'))!;
    const gpus = grantable(readings, new Map());
    const [use] = describeUse(gpus, readings, {
      holderOf: pid => (pid === 4242 ? 'k1' : null),
      ownerOf: pid => (pid === 77 ? 'bo' : null)
    });
    expect(use!.processes.map(it => [it.holderId, it.owner])).toEqual([
      ['k1', null],
      [null, 'bo']
    ]);
    expect(use).toMatchObject({ utilisation: 0.41, temperatureC: 64, powerW: 203.97 });
  });

  it('[GPU4] tells who draws a screen apart from who computes', () => {
    const drawing = capture('unified-memory.xml').replace('<type>C</type>', '<type>G</type>');
    const readings = parseGpuLog(drawing)!;
    const [use] = describeUse(grantable(readings, new Map()), readings, {
      holderOf: () => null,
      ownerOf: () => 'gdm'
    });
    expect(use!.processes).toMatchObject([{ isDisplay: true, owner: 'gdm', holderId: null }]);
  });

  it('of a slice is its own part, whichever slices are handed out', () => {
    const names = parseSliceNames(capture('mig.txt'));
    const mig = parseGpuLog(capture('mig.xml'))!;
    const [first, second, third] = grantable(mig, names);
    const use = (gpus: readonly Gpu[]) =>
      describeUse(gpus, mig, strangers).map(it => [
        it.memoryUsedBytes! / MIB,
        it.processes.map(({ pid }) => pid)
      ]);
    expect(use([first!, second!, third!])).toEqual([
      [14366, [34965, 56597]],
      [9826, [46505]],
      [9884, [42859]]
    ]);
    expect(use([third!, second!])).toEqual([
      [9884, [42859]],
      [9826, [46505]]
    ]);
  });

  it('is that of no other GPU when one is lost, and the places in the log shift', () => {
    const [, second] = parseGpuLog(capture('two-gpus.xml'))!;
    const gpus = grantable(parseGpuLog(capture('two-gpus.xml'))!, new Map());
    const uses = describeUse(gpus, [{ ...second!, index: 0 }], strangers);
    expect(uses.map(it => [it.uuid, it.isLost ?? false, it.processes.length > 0])).toEqual([
      [gpus[0]!.uuid, true, false],
      [gpus[1]!.uuid, false, second!.processes.length > 0]
    ]);
    expect(findLost(gpus, uses)).toEqual([
      'GPU 0 (NVIDIA Made-up 96) does not answer any more, and is granted to no cell until it does.'
    ]);
  });

  it('[GPU7] a slice that its GPU has no more is lost as well', () => {
    const readings = parseGpuLog(capture('mig-shared.xml'))!;
    const gpus = grantable(readings, parseSliceNames(capture('mig-shared.txt')));
    const without = readings.map(it => ({ ...it, slices: it.slices.slice(1) }));
    const lost = describeUse(gpus, without, strangers).filter(it => it.isLost);
    expect(lost.map(it => it.uuid)).toEqual([gpus[0]!.uuid]);
  });

  it('[GPU4] flags a GPU that is busy for nobody', () => {
    expect(findHiddenUse(parseGpuLog(capture('two-gpus.xml'))!)).toEqual([
      expect.stringMatching(/^GPU 1 \(NVIDIA Made-up 48\) is 97 % busy, but no process/)
    ]);
  });
});

describe('the meter', () => {
  it('has figures with holders, and tells what is odd once', async () => {
    const { gpus } = await findGpus({ command });
    const notices: (readonly string[])[] = [];
    const meter = new GpuMeter({
      gpus,
      command,
      holderOf: pid => (pid === 4242 ? 'k1' : null),
      ownerOf: () => null,
      onMeasured: () => void (looks += 1),
      onNotices: it => void notices.push(it)
    });
    let looks = 0;
    expect(meter.measure()).toEqual([]);
    const stop = meter.start();
    await until('there are figures', () => meter.measure().length === 2);
    stop();
    expect(looks).toBeGreaterThan(0);
    expect(meter.measure()[0]!.processes[0]).toMatchObject({ pid: 4242, holderId: 'k1' });
    expect(notices).toEqual([[expect.stringMatching(/^GPU 1 .* busy, but no process/)]]);
  });

  it('[GPU7] what is lost stays lost while nothing can be read', async () => {
    const left = parseGpuLog(capture('left-out.xml'))!;
    const notices: (readonly string[])[] = [];
    const meter = new GpuMeter({
      // One that the log tells of no more, beside one that it tells of.
      gpus: [...gpusOf(1), ...grantable(left.slice(-1), new Map())],
      command,
      ...strangers,
      onMeasured: () => undefined,
      onNotices: it => void notices.push(it)
    });
    await behaving({ STANDIN_LOG: 'left-out', STANDIN_MODE: 'once' }, async () => {
      const stop = meter.start();
      await until('the program has ended', () => notices.some(it => it.length === 2));
      stop();
    });
    expect(meter.measure()).toMatchObject([{ uuid: 'GPU-0', isLost: true }]);
    expect(notices.at(-1)).toEqual([
      expect.stringContaining('GPU figures are missing'),
      expect.stringMatching(/^GPU 0 \(H100\) does not answer/)
    ]);
  });

  it('starts nothing where there are no GPUs', () => {
    const tell = jest.fn();
    const meter = new GpuMeter({
      gpus: [],
      command,
      holderOf: () => null,
      ownerOf: () => null,
      onMeasured: tell,
      onNotices: tell
    });
    meter.start()();
    expect(meter.measure()).toEqual([]);
    expect(tell).not.toHaveBeenCalled();
  });
});
