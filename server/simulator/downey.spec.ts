import { assert, double, integer, property } from 'fast-check';
import { speedup } from './downey';

describe('speedup', () => {
  it.each([
    ['one thread', 16, 1, 1, 1],
    ['half a CPU', 16, 1, 0.5, 0.5],
    ['concave, n <= A: An / (A + s(n-1)/2)', 16, 1, 16, (16 * 16) / (16 + 7.5)],
    ['concave, n > A: An / (s(A-1/2) + n(1-s/2))', 10, 1, 16, 160 / (9.5 + 8)],
    ['concave, n >= 2A-1', 8, 1, 16, 8],
    ['half bent', 8, 0.5, 4, (8 * 4) / (8 + 0.75)],
    ['linear below A', 32, 0, 16, 16],
    ['linear above A', 4, 0, 16, 4],
    ['bent early: nA(s+1) / (s(n+A-1) + A)', 8, 2, 8, (8 * 8 * 3) / (2 * 15 + 8)],
    ['bent early, n >= A + As - s', 8, 2, 22, 8],
    ['serial', 1, 1, 16, 1]
  ])('%s', (_, parallelism, variance, threads, expected) => {
    expect(speedup({ parallelism, variance }, threads)).toBeCloseTo(expected, 12);
  });

  it('grows with threads, never past them or A', () => {
    const shape = [
      double({ min: 1, max: 64, noNaN: true }),
      double({ min: 0, max: 3, noNaN: true })
    ];
    assert(
      property(
        ...(shape as [(typeof shape)[0], (typeof shape)[1]]),
        integer({ min: 1, max: 200 }),
        (parallelism, variance, n) => {
          const now = speedup({ parallelism, variance }, n);
          const next = speedup({ parallelism, variance }, n + 1);
          expect(next).toBeGreaterThanOrEqual(now - 1e-9);
          expect(now).toBeLessThanOrEqual(Math.min(n, parallelism) + 1e-9);
        }
      )
    );
  });
});
