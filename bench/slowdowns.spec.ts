import { barsOf, combinations, isQuiet, judge, type Row, type Scheduler } from './slowdowns';

const ALONE = { A: 2, B: 1, C: 4, D: 1 };

function row(combination: string, scheduler: Scheduler, antt: number, think = 'none'): Row {
  return { combination, think, scheduler, antt, stp: 1, slowdowns: {}, peakMemoryMb: 1 };
}

describe('notebooks side by side', () => {
  it('are combined in all 15 ways, alone first', () => {
    const names = combinations().map(it => it.join(''));
    expect(new Set(names).size).toBe(15);
    expect(names.slice(0, 4)).toEqual(['A', 'B', 'C', 'D']);
    expect(names.at(-1)).toBe('ABCD');
  });

  it('are quiet alone, and together while each has the CPUs that it could use', () => {
    expect(isQuiet(['C'], 2)).toBe(true);
    expect(isQuiet(['B', 'D'], 2)).toBe(true);
    expect(isQuiet(['A', 'D'], 2)).toBe(false);
    expect(isQuiet(['B', 'D'], 1)).toBe(false);
  });

  it('are judged by the mean of their slowdowns, and by what they got done together', () => {
    const { antt, stp, slowdowns } = judge({ A: [4, 4], B: [1, 3] }, ALONE);
    expect(slowdowns).toEqual({
      A: { mean: 2, low: 2, high: 2 },
      B: { mean: 2, low: 1, high: 3 }
    });
    expect([antt, stp]).toEqual([2, 1]);
  });

  it('are compared with the better system, in the same setting', () => {
    const rows = [
      row('BD', 'naive', 1),
      row('BD', 'dynamic', 1.01),
      row('AC', 'naive', 4),
      row('AC', 'os-spread', 2),
      row('AC', 'dynamic', 1.8),
      row('AC', 'partitioned', 0.1),
      row('AC', 'naive', 2, 'overnight'),
      row('AC', 'dynamic', 1.4, 'overnight')
    ];
    const bars = barsOf(rows, 2);
    expect(bars.map(it => [it.id, it.value, it.met])).toEqual([
      ['quietRatio', 1.01, true],
      ['crowdedAnttRatio', 0.8, true],
      ['worstAnttRatio', 1.01, true]
    ]);
    expect(bars[1]!.spread).toEqual([0.7, 0.9]);
  });

  it('have only the bars that were measured', () => {
    expect(barsOf([row('A', 'naive', 1), row('A', 'dynamic', 1)], 2).map(it => it.id)).toEqual([
      'quietRatio',
      'worstAnttRatio'
    ]);
  });
});
