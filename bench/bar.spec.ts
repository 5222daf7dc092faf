import { barOf, barOfRounds, defineBars, never } from './bar';

const { slow, fast, crashes } = defineBars({
  slow: { name: 'takes', unit: 'x', bound: 1.05, better: 'lower' },
  fast: { name: 'does', unit: 'x', bound: 1.5, better: 'higher' },
  crashes: never('crashes')
});

describe('a bar', () => {
  it('has the key that it stands under as its id, and all that was said of it', () => {
    expect(barOf(slow, 1)).toEqual({
      id: 'slow',
      name: 'takes',
      unit: 'x',
      bound: 1.05,
      better: 'lower',
      value: 1,
      met: true
    });
  });

  it.each([
    [slow, 1.049, true],
    [slow, 1.05, true],
    [slow, 1.051, false],
    [fast, 1.499, false],
    [fast, 1.5, true],
    [fast, 1.501, true],
    [crashes, 0, true],
    [crashes, 1, false]
  ])('is met on the good side of its bound, which is good itself: %j, %p', (bar, value, met) => {
    expect(barOf(bar, value).met).toBe(met);
  });

  it('is judged by the value that it tells, to a thousandth', () => {
    expect(barOf(slow, 1.05049)).toMatchObject({ value: 1.05, met: true });
    expect(barOf(slow, 1.0506)).toMatchObject({ value: 1.051, met: false });
  });

  it('of rounds is their median, and tells where the middle half of them lies', () => {
    const rounds = [9, 1.02, 1.04, 1.01, 0.1, 1.03, 1.06];
    expect(barOfRounds(slow, rounds)).toMatchObject({ value: 1.03, spread: [1.01, 1.06] });
  });

  it.each([NaN, Infinity, -Infinity])('is not made of %p', value => {
    expect(() => barOf(slow, value)).toThrow(/^slow \(takes\) came to .*no figure/);
  });

  it('is not made of no rounds', () => {
    expect(() => barOfRounds(slow, [])).toThrow('no figure');
  });
});
