import { textOf, valueOf } from './text';

describe('text of hints', () => {
  it.each([
    ['cpus', '4', 4],
    ['cpus', '2-8', [2, 8]],
    ['cpus', '[2, 8]', [2, 8]],
    ['cpus', ' AUTO ', 'auto'],
    ['cpus', 'two', 'two'],
    ['memory', 'Auto', 'auto'],
    ['gpuModel', 'AUTO', 'AUTO'],
    ['gpus', '1.5', 1.5],
    ['gpuModel', '4090', '4090'],
    ['priority', '-3', -3],
    ['memory', '8 GiB', '8 GiB'],
    ['maxWait', '90', 90],
    ['hold', 'true', true],
    ['memory', '  ', undefined]
  ] as const)('[ADM1] reads %s "%s"', (name, text, value) => {
    expect(valueOf(name, text)).toEqual(value);
  });

  it('writes what it reads', () => {
    expect([4, [2, 8], 'auto', true, undefined].map(textOf)).toEqual([
      '4',
      '2-8',
      'auto',
      'true',
      ''
    ]);
    expect(textOf({ odd: 1 })).toBe('{"odd":1}');
  });
});
