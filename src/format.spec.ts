import { nullTranslator } from '@jupyterlab/translation';

import { NOTHING_ASKED } from '../server/protocol/ask';
import {
  askParts,
  countCpus,
  formatAge,
  formatBytes,
  formatBytesOf,
  formatClock,
  formatRange,
  formatSpan
} from './format';

const trans = nullTranslator.load('jupyterlab_cellgrant');
const GIB = 1024 ** 3;

describe('format', () => {
  it.each([
    [0, '0 B'],
    [1023, '1023 B'],
    [512 * 1024 ** 2, '512 MiB'],
    [6.14 * GIB, '6.1 GiB'],
    [61.4 * GIB, '61 GiB']
  ])('writes %d bytes as %s', (bytes, text) => expect(formatBytes(bytes)).toBe(text));

  it('writes a part in the unit of its whole', () => {
    expect(formatBytesOf(trans, 0.52 * GIB, 8 * GIB)).toBe('0.5 of 8 GiB');
  });

  it.each([
    [38_400, '0:38'],
    [192_000, '3:12'],
    [3_723_000, '1:02:03'],
    [-5, '0:00']
  ])('writes a clock at %d ms as %s', (ms, text) => expect(formatClock(ms)).toBe(text));

  it.each([
    [44, '40 ms'],
    [4_240, '4.2 s'],
    [12_440, '12.4 s'],
    [59_999, '1 min'],
    [724_000, '12 min 4 s'],
    [18_000_000, '5 h'],
    [18_600_000, '5 h 10 min']
  ])('writes a span of %d ms as %s', (ms, text) => expect(formatSpan(ms)).toBe(text));

  it.each([
    [6200, 8900, '6–9 s'],
    [7300, 7300, '7–8 s'],
    [0, 400, 'less than 1 s'],
    [11_000, 18_000, '10–20 s'],
    [50_000, 70_000, 'less than 2 min'],
    [440_000, 480_000, '7–8 min'],
    [600_000, 600_000, 'about 10 min'],
    [3_900_000, 8_000_000, '1–2.5 h']
  ])('[UI4] writes a forecast of %d to %d ms as %s', (from, to, text) =>
    expect(formatRange(trans, from, to)).toBe(text)
  );

  it('writes ages coarser as they grow', () => {
    expect(formatAge(59 * 60_000)).toBe('59:00');
    expect(formatAge(5 * 3_600_000 + 59_000)).toBe('5 h');
  });

  it('counts the CPUs of a list', () => {
    expect(['', '3', '0-3,8', '0-1,4-7'].map(countCpus)).toEqual([0, 1, 5, 6]);
  });

  it('names only what was asked', () => {
    expect(askParts(trans, NOTHING_ASKED)).toEqual([]);
    const ask = { cpus: { kind: 'range', min: 2, max: 8 }, memoryBytes: GIB, gpus: 2 } as const;
    expect(askParts(trans, { ...NOTHING_ASKED, ...ask })).toEqual(['2–8 CPUs', '1 GiB', '2 GPUs']);
  });
});
