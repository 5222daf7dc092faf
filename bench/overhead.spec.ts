import { overheadOf } from './overhead';

/** A block of ten round trips of so many ms, the last of them slow. */
const block = (ms: number) => [...Array<number>(9).fill(ms), 10 * ms];

describe('overheadOf', () => {
  // The machine became three times as slow for one block of each.
  const plain = [5, 15, 5].map(block);
  const gated = [5.2, 15.6, 5.3].map(block);
  const asking = [5.5, 16.5, 6].map(block);
  const { bars, addedMs, n } = overheadOf({ plain, gated, asking });
  const bar = (id: string) => bars.find(it => it.id === id);

  it('compares blocks beside each other, so that what meets all of them counts for none', () => {
    expect(bar('plainRatioP50')).toMatchObject({ value: 1.04, spread: [1.04, 1.06], met: true });
    expect(bar('askingRatioP50')).toMatchObject({ value: 1.1, spread: [1.1, 1.2], met: true });
  });

  it('tells what is added to the round trips of all blocks', () => {
    expect(n).toBe(30);
    expect(addedMs.p50).toBe(0.3);
    expect(bar('addedP50Ms')).toMatchObject({ value: 0.3, met: true });
  });
});
