import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseGpuLog, parseSliceNames } from './gpuLog';
import { until } from '../testing/contractRig';
import { GpuMeter } from './gpuMeter';
import { GpuReader } from './gpuReader';
import { describeUse, findGpus, findHiddenUse, grantable, visibleGpus } from './gpus';

const MIB = 1024 ** 2;
const GIB = 1024 ** 3;
const command = join(__dirname, '../testing/standin-gpu/nvidia-smi');

function capture(name: string): string {
  return readFileSync(join(__dirname, '../captures/nvidia-smi', name), 'utf8');
}

/** With the stand-in told how to behave. */
async function behaving<T>(
  behaviour: Readonly<Record<string, string>>,
  test: () => Promise<T>
): Promise<T> {
  const before = { ...process.env };
  Object.assign(process.env, behaviour);
  try {
    return await test();
  } finally {
    process.env = before;
  }
}

describe('a log of nvidia-smi', () => {
  it('tells figures, and null where the driver tells none', () => {
    const [busy, odd] = parseGpuLog(capture('two-gpus.xml'))!;
    expect(busy).toMatchObject({
      uuid: 'GPU-aaaaaaaa-0000-1111-2222-333333333333',
      index: 0,
      minor: 1,
      model: 'NVIDIA Made-up 96',
      memoryBytes: 97887 * 1024 ** 2,
      memoryUsedBytes: 65720 * 1024 ** 2,
      utilisation: 0.41,
      temperatureC: 64,
      powerW: 203.97,
      slices: []
    });
    expect(odd).toMatchObject({ index: 1, temperatureC: null, powerW: null, processes: [] });
  });

  it('tells processes, whatever their names hold', () => {
    const compute = { isDisplay: false, instance: null };
    expect(parseGpuLog(capture('two-gpus.xml'))![0]!.processes).toEqual([
      { pid: 4242, name: '/opt/env/bin/python3', memoryBytes: 65000 * MIB, ...compute },
      { pid: 77, name: 'a <odd> name & more', memoryBytes: 0, ...compute }
    ]);
  });

  it('tells slices, and leaves a lost GPU out', () => {
    const readings = parseGpuLog(capture('mig.xml'))!;
    expect(readings).toHaveLength(1);
    expect(readings[0]).toMatchObject({ memoryBytes: 40 * GIB, utilisation: null, powerW: 67.03 });
    expect(readings[0]!.slices.map(it => it.instance)).toEqual(['3/0', '4/0']);
  });

  it('tells slices where the whole may be read by root alone', () => {
    const hidden = capture('mig.xml').replace(/(4096?0|1050) MiB/g, 'Insufficient Permissions');
    const [reading] = parseGpuLog(hidden)!;
    expect(reading).toMatchObject({ memoryBytes: null, memoryUsedBytes: null });
    expect(reading!.slices.map(it => it.memoryBytes)).toEqual([19968 * MIB, 9984 * MIB]);
  });

  it('tells a GPU that shares the memory of the machine', () => {
    const readings = parseGpuLog(capture('unified-memory.xml'))!;
    const gpus = grantable(readings, new Map(), 120 * GIB);
    expect(gpus).toMatchObject([{ model: 'NVIDIA GB10', memoryBytes: 120 * GIB }]);
    const [use] = describeUse(gpus, readings, { holderOf: () => null, ownerOf: () => null });
    expect(use).toMatchObject({ memoryUsedBytes: 19135 * MIB, powerW: 3.11, temperatureC: 36 });
  });

  it('tells the power of the GPU, not that of its memory', () => {
    const [h200] = parseGpuLog(capture('h200.xml'))!;
    expect(h200).toMatchObject({ model: 'NVIDIA H200', powerW: 75.41, processes: [] });
    expect(h200).toMatchObject({ memoryBytes: 143771 * MIB, temperatureC: 31, slices: [] });
  });

  it.each(['', 'garbage', '<nvidia_smi_log>', '<xml></xml>'])('%j is none', text => {
    expect(parseGpuLog(text)).toBeNull();
  });
});

describe('GPUs that may be handed out', () => {
  it('[GPU6] are named by UUID, in MIG mode by that of the slice', () => {
    const slices = grantable(parseGpuLog(capture('mig.xml'))!, parseSliceNames(capture('mig.txt')));
    expect(slices).toEqual([
      {
        uuid: 'MIG-11111111-0000-5555-6666-777777777777',
        index: 0,
        model: 'NVIDIA Made-up 40 MIG 3g.20gb',
        memoryBytes: 19968 * 1024 ** 2
      },
      {
        uuid: 'MIG-22222222-0000-5555-6666-777777777777',
        index: 0,
        model: 'NVIDIA Made-up 40 MIG 1g.10gb',
        memoryBytes: 9984 * 1024 ** 2
      }
    ]);
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
    expect(sliced.gpus).toHaveLength(2);
    expect(sliced.notices).toEqual(['1 of 2 GPUs do not answer and are left out.']);
  });

  it('are none, without noise, where there is no driver', async () => {
    const found = await findGpus({ command: '/nowhere/nvidia-smi' });
    expect(found).toEqual({ gpus: [], listed: [], notices: [] });
  });

  it.each([
    ['hang', /did not answer within 0.2 s/],
    ['garbage', /printed no log/],
    ['fail', /couldn't communicate with the NVIDIA driver/]
  ])('are none, with a notice, where nvidia-smi does this: %s', async (mode, notice) => {
    const found = await behaving({ STANDIN_MODE: mode }, () =>
      findGpus({ command, timeoutMs: 200 })
    );
    expect(found.gpus).toEqual([]);
    expect(found.notices).toEqual([expect.stringMatching(notice)]);
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

  it('of a slice is its own part', () => {
    const readings = parseGpuLog(capture('mig.xml'))!;
    const gpus = grantable(readings, parseSliceNames(capture('mig.txt')));
    const uses = describeUse(gpus, readings, { holderOf: () => null, ownerOf: () => null });
    expect(uses.map(it => [it.memoryUsedBytes! / 1024 ** 2, it.processes.length])).toEqual([
      [1012, 1],
      [12, 0]
    ]);
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

describe('the reader', () => {
  /** Run a reader until enough was told. */
  async function listen(
    behaviour: Readonly<Record<string, string>>,
    enough: (told: readonly string[]) => boolean
  ): Promise<readonly string[]> {
    const told: string[] = [];
    await behaving(
      behaviour,
      () =>
        new Promise<void>(resolve => {
          const tell = (what: string): void => {
            told.push(what);
            if (enough(told)) {
              reader.stop();
              resolve();
            }
          };
          const reader = new GpuReader(
            {
              onReadings: readings => tell(`${readings.length} GPUs`),
              onTrouble: trouble => tell(trouble ?? 'well')
            },
            { command, patienceMs: 300, pauseMs: 10 }
          );
          reader.start();
        })
    );
    return told;
  }

  it('tells every log of one process', async () => {
    const told = await listen({}, it => it.length === 3);
    expect(told).toEqual(['2 GPUs', '2 GPUs', '2 GPUs']);
  });

  it('starts a program again that ended, and says when it is well', async () => {
    const told = await listen({ STANDIN_MODE: 'once' }, it => it.includes('well'));
    expect(told.slice(0, 3)).toEqual([
      '2 GPUs',
      `GPU figures are missing: ${command} ended with code 0. It is started again.`,
      '0 GPUs'
    ]);
  });

  it.each([
    ['hang', 'printed no log for 0.3 s'],
    ['garbage', 'ended with code 0'],
    ['fail', 'ended with code 9']
  ])('tells once what is wrong: %s', async (mode, what) => {
    const told = await listen({ STANDIN_MODE: mode }, it => it.length === 2);
    expect(told[0]).toBe(`GPU figures are missing: ${command} ${what}. It is started again.`);
    expect(told[1]).toBe('0 GPUs');
  });

  it('says nothing where there is no driver', async () => {
    const told: string[] = [];
    const tell = (what: unknown): void => void told.push(String(what));
    const reader = new GpuReader(
      { onReadings: tell, onTrouble: tell },
      { command: '/nowhere/nvidia-smi', patienceMs: 50, pauseMs: 1 }
    );
    reader.start();
    await new Promise(resolve => setTimeout(resolve, 100));
    reader.stop();
    expect(told).toEqual([]);
  });
});
