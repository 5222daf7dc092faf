import { keyed, kept, zoomed } from './window';

const RANGE = { fromMs: 0, toMs: 100_000 };

describe('[UI10] the visible part of a range', () => {
  it('stays within it, and is never shorter than a second', () => {
    expect(kept({ fromMs: -5000, toMs: 5000 }, RANGE)).toEqual({ fromMs: 0, toMs: 10_000 });
    expect(kept({ fromMs: 95_000, toMs: 105_000 }, RANGE)).toEqual({
      fromMs: 90_000,
      toMs: 100_000
    });
    expect(kept({ fromMs: -1e6, toMs: 1e6 }, RANGE)).toEqual(RANGE);
    expect(kept(zoomed({ fromMs: 0, toMs: 1000 }, 8), RANGE)).toEqual({
      fromMs: 437.5,
      toMs: 1437.5
    });
  });

  it.each([
    ['ArrowLeft', 30_000, 50_000],
    ['ArrowRight', 38_000, 58_000],
    ['+', 39_000, 49_000],
    ['-', 24_000, 64_000],
    ['Home', 0, 20_000],
    ['End', 80_000, 100_000],
    ['0', 0, 100_000]
  ])('is moved by the key %s', (key, fromMs, toMs) => {
    expect(keyed(key, { fromMs: 34_000, toMs: 54_000 }, RANGE)).toEqual({ fromMs, toMs });
  });

  it('leaves other keys alone', () => {
    expect(keyed('Tab', RANGE, RANGE)).toBeNull();
  });
});
