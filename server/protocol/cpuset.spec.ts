import { array, assert, constantFrom, integer, property, tuple } from 'fast-check';
import {
  commonCpus,
  cpuSetOf,
  formatCpuList,
  isSameSet,
  isWithin,
  namedCpus,
  parseCpuList,
  type CpuSet
} from './cpuset';

const numbers = array(integer({ min: 0, max: 40 }), { maxLength: 20 });
const set = numbers.map(cpuSetOf);

describe('the list syntax of CPU sets', () => {
  it.each([
    [[], ''],
    [[3], '3'],
    [[0, 1, 2, 3, 8], '0-3,8'],
    [[0, 8, 9], '0,8-9']
  ])('prints %j as "%s" and reads it back', (cpus, text) => {
    expect(formatCpuList(cpus)).toBe(text);
    expect(parseCpuList(text)).toEqual(cpus);
  });

  it('reads back any set, however large, and whatever repeats and in which order', () => {
    assert(property(set, cpus => isSameSet(parseCpuList(formatCpuList(cpus)), cpus)));
    const run = tuple(numbers, constantFrom(',', ', ', ',,'));
    assert(
      property(run, ([cpus, comma]) => {
        expect(parseCpuList(cpus.join(comma))).toEqual(cpuSetOf(cpus));
      })
    );
  });

  it.each(['a', '0-', '-1', '1;2', '0x1'])('refuses "%s", of which nothing is named', text => {
    expect(() => parseCpuList(text)).toThrow('is not a CPU list');
    expect(namedCpus(text)).toEqual([]);
  });

  it('refuses to count for minutes: a list that names CPUs again and again', () => {
    expect(() => parseCpuList('0-99999,'.repeat(30_000))).toThrow('more CPUs than there are');
    expect(() => parseCpuList('0-65535,99999-0,'.repeat(30))).toThrow('more CPUs than there are');
    expect(parseCpuList('0-65535')).toHaveLength(65_536);
  });
});

describe('CPU sets', () => {
  /** A rule for any two sets, and what has a number in the one and in the other. */
  const rule = (holds: (a: CpuSet, b: CpuSet, both: ReadonlySet<number>) => void) =>
    assert(
      property(set, set, (a, b) => holds(a, b, new Set(a.filter(cpu => new Set(b).has(cpu)))))
    );

  it('are ascending, each CPU once', () => {
    assert(
      property(numbers, cpus => {
        const made = cpuSetOf(cpus);
        expect(new Set(made)).toEqual(new Set(cpus));
        expect(made.every((cpu, at) => at === 0 || made[at - 1]! < cpu)).toBe(true);
      })
    );
  });

  it('have in common what is in both, as a set, whichever comes first', () =>
    rule((a, b, both) => {
      expect(commonCpus(a, b)).toEqual(cpuSetOf(both));
      expect(commonCpus(b, a)).toEqual(commonCpus(a, b));
    }));

  it('are within another where all of them is, and the same where each is within the other', () =>
    rule((a, b, both) => {
      expect(isWithin(a, b)).toBe(both.size === a.length);
      expect(isSameSet(a, b)).toBe(isWithin(a, b) && isWithin(b, a));
      expect(isWithin(a, cpuSetOf([...a, ...b]))).toBe(true);
    }));

  it('are the same as a copy, and as no set only where both are none', () => {
    assert(property(set, cpus => isSameSet(cpus, [...cpus]) && !isSameSet(cpus, null)));
    expect([isSameSet(null, []), isSameSet(null, null)]).toEqual([false, true]);
  });
});
