import { Generations } from './generations';

describe('Generations', () => {
  const keys = (it: Generations<number>, most: number): readonly number[] =>
    Array.from({ length: most }, (_, n) => n).filter(n => it.get(`${n}`) !== undefined);

  it('remembers at least a generation of keys, and at most two', () => {
    const it = new Generations<number>(10);
    for (let n = 0; n < 100; n += 1) {
      it.set(`${n}`, n);
      const known = keys(it, 100);
      expect(known.slice(-10)).toEqual(keys(it, 100).filter(k => k > n - 10));
      expect(known.length).toBe(it.size);
      expect(it.size).toBeLessThanOrEqual(20);
      expect(it.size).toBeGreaterThanOrEqual(Math.min(n + 1, 10));
    }
  });

  it('counts what is set again as new', () => {
    const it = new Generations<number>(10);
    it.set('kept', 1);
    for (let n = 0; n < 50; n += 1) {
      it.set(`${n}`, n);
      n % 5 === 0 && it.set('kept', n);
    }
    expect(it.get('kept')).toBe(45);
    expect(it.get('0')).toBeUndefined();
  });

  it('has the newest value of a key that both halves have, once', () => {
    const it = new Generations<number>(2);
    it.set('a', 1);
    it.set('b', 1);
    it.set('a', 2);
    expect([it.get('a'), it.size]).toEqual([2, 2]);
  });
});
