import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { leftOut, parseGpuLog, parseSliceNames, saidBeside, type GpuReading } from './gpuLog';

const MIB = 1024 ** 2;
const CAPTURES = join(__dirname, '../captures/nvidia-smi');

function capture(name: string): string {
  return readFileSync(join(CAPTURES, name), 'utf8');
}

const mib = (bytes: number | null): string => (bytes === null ? '-' : String(bytes / MIB));

/** A reading on one line and a line for each slice and process; `-` for what is not told. */
function inLines(it: GpuReading): readonly string[] {
  const use = it.utilisation === null ? '-' : Math.round(it.utilisation * 100);
  const memory = `${mib(it.memoryUsedBytes)}/${mib(it.memoryBytes)}`;
  return [
    `${it.model} ${it.uuid.slice(0, 5)} nvidia${it.minor ?? '-'} ${memory} ` +
      `${use}% ${it.temperatureC ?? '-'}C ${it.powerW ?? '-'}W`,
    ...it.slices.map(
      at => `slice ${at.index} ${at.instance} ${mib(at.memoryUsedBytes)}/${mib(at.memoryBytes)}`
    ),
    ...it.processes.map(
      ({ pid, name, isDisplay, instance, memoryBytes }) =>
        `${isDisplay ? 'draws' : 'runs'} ${pid} ${basename(name)} ${mib(memoryBytes)}` +
        `${instance === null ? '' : ` in ${instance}`}`
    )
  ];
}

/** What must come out of each log of the folder. */
const EXPECTED: Readonly<Record<string, readonly string[]>> = {
  'accounting.xml': [
    'Tesla V100S-PCIE-32GB GPU-a nvidia0 31689/32510 97% 66C 232.8W',
    'runs 37305 python 31683'
  ],
  'desktop.xml': [
    'NVIDIA RTX 4000 SFF Ada Generation GPU-a nvidia0 3000/20475 0% 41C 9.5W',
    'draws 1200 compositor 400',
    'draws 1300 editor 300',
    'runs 1400 python 150',
    'runs 1500 browser 200'
  ],
  'h200.xml': ['NVIDIA H200 GPU-d nvidia0 0/143771 0% 31C 75.41W'],
  'jetson.xml': ['GPU 0 (Orin (nvgpu)) is left out: it has no name that CUDA accepts.'],
  'left-out.xml': [
    'NVIDIA Made-up 40 GPU-a nvidia0 12/40960 -% -C -W',
    'GPU 1 (NVIDIA Made-up 40) is left out: it says "GPU is lost".',
    'GPU 2 (NVIDIA Made-up 40) is left out: it is in MIG mode and has no slice.',
    'GPU 3 (NVIDIA Made-up 40) is left out: it reports "Unknown Error" as its memory.',
    '1 of 5 GPUs do not answer and are left out.'
  ],
  'long-names.xml': [
    'NVIDIA GeForce RTX 3080 GPU-a nvidia- 1000/10240 0% 35C 25W',
    'draws 1200 compositor 20',
    'draws 1300 browser --type=gpu-process --handler-pid=1250 ' +
      '--enable-reporter=, --shared-files --seed-version 80'
  ],
  'mig-idle.xml': [
    'NVIDIA A100-SXM4-80GB GPU-d nvidia1 60/81920 -% 29C 70W',
    'slice 0 3/0 14/19968',
    'slice 1 4/0 14/19968',
    'slice 2 5/0 14/19968',
    'slice 3 6/0 14/19968'
  ],
  'mig-shared.xml': [
    'NVIDIA H100 80GB HBM3 GPU-c nvidia0 9113/81559 -% 33C -W',
    'slice 0 1/0 9037/40448',
    'slice 1 1/1 9037/40448',
    'slice 2 1/2 9037/40448',
    'slice 3 9/0 15/9984',
    'slice 4 10/0 15/9984',
    'runs 4101 python 6000 in 1/0',
    'runs 4102 python 3000 in 1/2'
  ],
  'mig-unprivileged.xml': [
    'NVIDIA A100-SXM4-40GB GPU-c nvidia0 -/- -% -C -W',
    'slice 0 10/0 0/4864'
  ],
  'mig.xml': [
    'NVIDIA A100-SXM4-80GB GPU-c nvidia0 -/- -% -C -W',
    'slice 0 3/0 14366/19968',
    'slice 1 5/0 9826/19968',
    'slice 2 6/0 9884/19968',
    'runs 34965 python 14195 in 3/0',
    'runs 56597 python3 149 in 3/0',
    'runs 46505 python 9807 in 5/0',
    'runs 42859 python 9865 in 6/0'
  ],
  'quadro.xml': ['Quadro P400 GPU-a nvidia0 0/1998 0% 36C -W'],
  'rtx-3060.xml': ['NVIDIA GeForce RTX 3060 GPU-a nvidia0 120/12288 0% 45C 12.5W'],
  't4.xml': [
    'Tesla T4 GPU-a nvidia0 1032/15360 0% 40C 26.78W',
    'draws 675 Xorg 22',
    'runs 5762 python 1005'
  ],
  'two-gpus.xml': [
    'NVIDIA Made-up 96 GPU-a nvidia1 65720/97887 41% 64C 203.97W',
    'runs 4242 python3 65000',
    'runs 77 a <odd> name & more 0',
    'NVIDIA Made-up 48 GPU-b nvidia0 10/49140 97% -C -W'
  ],
  'unified-memory.xml': ['NVIDIA GB10 GPU-e nvidia0 -/- 0% 36C 3.11W', 'runs 114687 python 19135'],
  'vgpu.xml': ['NVIDIA L40S-2Q GPU-a nvidia0 406/2048 7% -C -W']
};

describe('a log of nvidia-smi', () => {
  const logs = readdirSync(CAPTURES).filter(name => name.endsWith('.xml'));

  it.each(logs)('tells what %s holds', name => {
    const log = capture(name);
    const seen = [...(parseGpuLog(log) ?? []).flatMap(inLines), ...leftOut(log)];
    expect(seen).toEqual(EXPECTED[name]);
  });

  it('is expected for no other log', () => {
    expect(Object.keys(EXPECTED).sort()).toEqual(logs.sort());
  });

  it.each(['', 'garbage', '<nvidia_smi_log>', '<xml></xml>'])('%j is none', text => {
    expect(parseGpuLog(text)).toBeNull();
  });

  it('is none when it is cut', () => {
    expect(parseGpuLog(capture('two-gpus.xml').replace('</nvidia_smi_log>', ''))).toBeNull();
  });

  it.each([
    ['40 C', 40],
    ['-5 C', -5],
    [' 37 C ', 37],
    ['N/A', null],
    ['[Not Supported]', null],
    ['ERR!', null],
    ['Unknown Error', null]
  ])('tells a temperature of %j', (told, expected) => {
    const log = capture('t4.xml').replace('<gpu_temp>40 C<', `<gpu_temp>${told}<`);
    expect(parseGpuLog(log)![0]!.temperatureC).toBe(expected);
  });

  it.each([
    ['others than root', 'Insufficient Permissions'],
    ['containers', 'N/A']
  ])('tells slices where the whole is hidden, as from %s', (_, words) => {
    const log = capture('mig-idle.xml').replace(/(81920|60) MiB/g, words);
    const [reading] = parseGpuLog(log)!;
    expect(reading).toMatchObject({ memoryBytes: null, memoryUsedBytes: null });
    expect(reading!.slices).toHaveLength(4);
  });
});

describe('a list of nvidia-smi', () => {
  it('names slices by UUID, or by their place before driver 470', () => {
    const [names] = parseSliceNames(capture('mig-shared.txt')).values();
    expect(names!.map(it => `${it.profile} ${it.uuid.slice(0, 5)}`)).toEqual([
      '1c.3g.40gb MIG-1',
      '1c.3g.40gb MIG-2',
      '1c.3g.40gb MIG-3',
      '1g.10gb MIG-4',
      '1g.10gb MIG-5'
    ]);
    const [older] = parseSliceNames(capture('mig-unprivileged.txt')).values();
    expect(older).toEqual([
      { profile: '1g.5gb', uuid: 'MIG-GPU-cccccccc-0000-1111-2222-333333333333/10/0' }
    ]);
  });

  it('gives the slices of a GPU that it does not name to no other', () => {
    const lost = capture('mig.txt').replace(/^GPU 0: .*$/m, 'GPU 1: GPU is lost');
    const names = parseSliceNames(capture('mig-shared.txt') + lost);
    expect([...names.values()].map(it => it.length)).toEqual([5]);
  });
});

describe('what nvidia-smi says beside its logs', () => {
  const log = capture('t4.xml');
  const lost = 'Unable to determine the device handle for GPU1: 0000:44:00.0: Unknown Error';

  it.each([
    [log, ''],
    [`${lost}\n${log}${log}`, lost],
    [`${log}${lost}\n`, lost],
    [log.slice(0, 400), ''],
    ['No devices were found\n', 'No devices were found'],
    ['It is installed and running.\n\n', 'It is installed and running']
  ])('is its first other line', (output, said) => {
    expect(saidBeside(output)).toBe(said);
  });
});
