import { NOTHING_ASKED } from './ask';
import { parseDirective, parseTags } from './hintEntries';
import { mergeHints, parseHints } from './hints';

describe('hints', () => {
  it('[ADM1] reads every field', () => {
    const { hints, problems } = parseHints({
      cpus: [2, 8],
      memory: '8 GiB',
      gpus: 1,
      gpuMemory: '24GB',
      gpuModel: 'H200',
      exclusive: true,
      time: '10m',
      priority: -3,
      maxWait: 90,
      hold: false
    });
    expect(problems).toEqual([]);
    expect(hints).toEqual({
      cpus: { kind: 'range', min: 2, max: 8 },
      memoryBytes: 8 * 1024 ** 3,
      gpus: 1,
      gpuMemoryBytes: 24e9,
      gpuModel: 'H200',
      exclusive: true,
      timeMs: 600_000,
      priority: -3,
      maxWaitMs: 90_000,
      hold: false
    });
  });

  it('[ADM1] reads a range of CPUs also as people write it, in every place', () => {
    const range = { kind: 'range', min: 2, max: 8 };
    expect(parseHints({ cpus: '2-8' }).hints).toEqual({ cpus: range });
    expect(parseTags(['cpus=2-8']).hints).toEqual({ cpus: range });
    expect(parseDirective('#| cpus: 2-8').hints).toEqual({ cpus: range });
  });

  it('[ADM1] [LEARN4] leaves memory to past runs where it is "auto"', () => {
    const auto = { memoryBytes: null, memoryAuto: true };
    expect(parseHints({ memory: 'auto' }).hints).toEqual(auto);
    expect(parseTags(['memory=auto']).hints).toEqual(auto);
    expect(parseDirective('#| memory: auto').hints).toEqual(auto);
    expect(parseHints({ gpuMemory: 'auto' }).problems).toHaveLength(1);
  });

  it('[ADM2] [LEARN4] an amount of memory and "auto" are one field: the nearest source counts', () => {
    const [auto, amount] = [parseHints({ memory: 'auto' }), parseHints({ memory: '1 GiB' })];
    const merged = (...sources: (typeof auto)[]) => mergeHints(sources.map(it => it.hints));
    expect(merged(auto, amount)).toEqual({ ...NOTHING_ASKED, memoryAuto: true });
    expect(merged(amount, auto)).toEqual({ ...NOTHING_ASKED, memoryBytes: 1024 ** 3 });
    expect(merged(parseHints({ cpus: 'auto' }), auto)).toMatchObject({ memoryAuto: true });
  });

  it.each([
    [{ gpus: 1.5 }, 'gpus', '1.5'],
    [{ cpus: '8-2' }, 'cpus', '"8-2"'],
    [{ cpus: '2-' }, 'cpus', '"2-"'],
    [{ cpus: -1 }, 'cpus', '-1'],
    [{ cpus: [8, 2] }, 'cpus', '[8,2]'],
    [{ memory: 'lots' }, 'memory', '"lots"'],
    [{ memory: 8 }, 'memory', '8'],
    [{ exclusive: 'yes' }, 'exclusive', '"yes"'],
    [{ speed: 1 }, 'speed', 'not a hint'],
    [{ toString: 1 }, 'toString', 'not a hint'],
    ['cpus=1', 'cellgrant', '"cpus=1"'],
    [[1], 'cellgrant', '[1]']
  ])('[ADM4] refuses %j naming its path', (value, path, got) => {
    const { hints, problems } = parseHints(value);
    expect(hints).toEqual({});
    expect(problems).toEqual([expect.objectContaining({ path, got })]);
  });

  it.each([
    [{ cpus: 65537 }, '65536'],
    [{ memory: '1025 TiB' }, '1024 TiB'],
    [{ memory: 2 ** 52 }, '1024 TiB'],
    [{ gpus: 1025 }, '1024'],
    [{ time: '367 d' }, '366 d'],
    [{ priority: 101 }, '100']
  ])('[ADM4] tells of %j how much would be right', (value, most) => {
    const { problems } = parseHints(value);
    expect(problems).toEqual([
      expect.objectContaining({ expected: expect.stringContaining(most) as string })
    ]);
  });

  it('[ADM2] tags and directives speak the same names and pass over what is not theirs', () => {
    expect(parseTags(['parameters', 'gpus=1', 'memory: 2 GiB', 'note=x']).hints).toEqual({
      gpus: 1,
      memoryBytes: 2 * 1024 ** 3
    });
    expect(parseDirective('#| cpus: [1, 4], label: fig\n#| hold: true').hints).toEqual({
      cpus: { kind: 'range', min: 1, max: 4 },
      hold: true
    });
    expect(parseDirective('#| memory: "8 GiB", gpus: 1').hints).toEqual({
      gpus: 1,
      memoryBytes: 8 * 1024 ** 3
    });
    expect(parseTags(['gpus=many']).problems[0]?.path).toBe('gpus');
  });

  it('[ADM4] refuses a list of lists however deep, and reads no tag that is longer than hints', () => {
    const deep = `${'['.repeat(8000)}${']'.repeat(8000)}`;
    expect(parseDirective(`#| cpus: ${deep}`).problems[0]?.path).toBe('cpus');
    expect(parseTags(['cpus=[[1]]']).problems[0]?.path).toBe('cpus');
    expect(parseTags([`cpus=${deep}`, `memory=${' '.repeat(300)}x`])).toEqual(parseTags([]));
    expect(parseTags([`cpus = ${' '.repeat(200)}2 `]).hints).toEqual({
      cpus: { kind: 'fixed', n: 2 }
    });
  });

  it.each([
    '#| fig-cap: "Loss by epoch, time: three runs"',
    "#| fig-cap: 'All, memory: none'",
    '#| execution-time: long',
    '#| fig_gpus: none, cap: "x"'
  ])('[ADM2] what another tool says in a directive is no hint: %s', text => {
    expect(parseDirective(text)).toEqual({ hints: {}, problems: [] });
  });

  it('[ADM2] merges field by field, first source first', () => {
    const merged = mergeHints([{ gpus: 2 }, { gpus: 1, priority: 5 }, { priority: 1, hold: true }]);
    expect(merged).toEqual({ ...NOTHING_ASKED, gpus: 2, priority: 5, hold: true });
  });
});
