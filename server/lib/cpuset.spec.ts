import { formatCpuList, parseCpuList } from './cpuset';

describe('cpuset list syntax', () => {
  it.each([
    [[], ''],
    [[3], '3'],
    [[0, 1, 2, 3, 8], '0-3,8'],
    [[9, 8, 8, 0], '0,8-9']
  ])('prints %j as "%s" and reads it back', (cpus, text) => {
    expect(formatCpuList(cpus)).toBe(text);
    expect(parseCpuList(text)).toEqual([...new Set(cpus)].sort((a, b) => a - b));
  });

  it.each(['a', '0-', '-1', '1;2', '0x1'])('refuses "%s"', text => {
    expect(() => parseCpuList(text)).toThrow('is not a CPU list');
  });

  it('refuses to count for minutes: a list that names CPUs again and again', () => {
    expect(() => parseCpuList('0-99999,'.repeat(30_000))).toThrow('more CPUs than there are');
    expect(parseCpuList('0-65535')).toHaveLength(65_536);
  });
});
