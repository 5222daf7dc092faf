import { amountInWords, bytesBeside, bytesInWords, bytesOfAmount, bytesOfTotal } from './amounts';
import { parseBytes } from './hints';

const MIB = 1024 ** 2;
const GIB = 1024 ** 3;

describe('amounts of memory', () => {
  it.each(
    ['500 MB', '1.5 GB', '1024 MB', '4096 MB', '16 GB', '750 MB', '1.25 TB', '8 GiB', '1.7 GiB']
      .concat(['1500 MiB', '2000 MiB', '12.5 GiB', '400 MiB', '1 TiB', '1 MiB', '2.75 MB'])
      .concat(['1.73 GiB', '8192 MB', '819.2 MB', '15625 MiB']) // exact to two decimals, or in both units
      .map(text => [text])
  )('[MEM6] are shown as their author wrote them: %s', text => {
    expect(amountInWords(parseBytes(text)!)).toBe(text);
  });

  it('[MEM6] that were measured beside one are in its unit', () => {
    const beside = (bytes: number, written: string) => bytesBeside(bytes, parseBytes(written)!);
    expect(beside(419 * MIB, '500 MB')).toBe('439 MB');
    expect(beside(1.1 * GIB, '1.5 GB')).toBe('1.2 GB');
    expect(beside(360 * MIB, '400 MiB')).toBe('360 MiB');
    expect(beside(1400 * MIB, '1500 MiB')).toBe('1400 MiB');
  });

  it('that nobody wrote are rounded', () => {
    const odd = [0, 700, 1023.9 * MIB + 1, 1.23456 * GIB, 47 * GIB + 4096];
    expect(odd.map(amountInWords)).toEqual(['0 B', '700 B', '1024 MiB', '1.2 GiB', '47 GiB']);
    expect(odd.map(bytesInWords)).toEqual(odd.map(amountInWords));
    expect(bytesInWords(500e6)).toBe('477 MiB');
    const large = [10.234 * GIB, 3.3 * 1024 * GIB, 2.5 * 1024 ** 2 * GIB];
    expect(large.map(bytesInWords)).toEqual(['10 GiB', '3.3 TiB', '2.5 PiB']);
  });

  it('that are a part of a total are in its unit', () => {
    expect(bytesOfTotal(512 * MIB, 8 * GIB)).toEqual(['0.5', '8 GiB']);
    expect(bytesOfTotal(500e6, 1e9)).toEqual(['477', '954 MiB']);
    expect(bytesOfAmount(512 * MIB, 1.5e9)).toEqual(['0.5', '1.5 GB']);
    expect(bytesOfAmount(1.1 * GIB, 1500 * MIB)).toEqual(['1126', '1500 MiB']);
  });

  it('that would be 0 in the unit of another keep their own', () => {
    expect(bytesOfTotal(36 * MIB, 24 * GIB)).toEqual(['36 MiB', '24 GiB']);
    expect(bytesOfAmount(36 * MIB, 14 * GIB)).toEqual(['36 MiB', '14 GiB']);
    expect(bytesBeside(36 * MIB, 14 * GIB)).toBe('36 MiB');
    expect(bytesOfTotal(0, 24 * GIB)).toEqual(['0', '24 GiB']);
  });
});
