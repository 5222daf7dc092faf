import { OthersMemory } from './othersMemory';

const GIB = 1024 ** 3;
const MIB = 1024 ** 2;

describe('memory that others hold', () => {
  const totalBytes = 16 * GIB;
  let others: OthersMemory;

  beforeEach(() => {
    others = new OthersMemory();
  });

  /** What is told of readings in a row, in GiB; null for no news. */
  const told = (heldGib: readonly number[], oursGib = 0) =>
    heldGib.map(it => {
      const news = others.note({ totalBytes, heldBytes: it * GIB }, oursGib * GIB);
      return news && news.bytes / GIB;
    });

  it('[ADM14] is what is held less what our kernels hold, and never less than nothing', () => {
    expect(told([8], 3)).toEqual([5]);
    expect(told([2], 3)).toEqual([0]);
  });

  it('[ADM14] is more once it stays, and less at once', () => {
    expect(told([1, 9, 9, 9])).toEqual([1, null, null, 9]);
    expect(told([4])).toEqual([4]);
  });

  it('[ADM14] is not what a kernel has just taken, or has just given back', () => {
    expect(told([1, 9, 1, 9, 9, 1])).toEqual([1, null, null, null, null, null]);
  });

  it('[ADM14] is no news while it changes by little', () => {
    const step = 160 * MIB; // a little below a hundredth
    expect(told([4, 4 + (step - MIB) / GIB, 4 - (step - MIB) / GIB])).toEqual([4, null, null]);
    expect(told([3.5])).toEqual([3.5]);
  });

  it('[ADM14] is no news by less than 128 MiB, however small the node', () => {
    const note = (heldBytes: number) => others.note({ totalBytes: 4 * GIB, heldBytes }, 0);
    note(GIB);
    expect(note(GIB - 128 * MIB + 1)).toBeNull();
    expect(note(GIB - 128 * MIB)?.bytes).toBe(GIB - 128 * MIB);
  });

  it('[ADM14] is told anew where all that there is became another amount', () => {
    told([4]);
    const heldBytes = 4 * GIB;
    expect(others.note({ totalBytes: 8 * GIB, heldBytes }, 0)).toEqual({
      bytes: 4 * GIB,
      totalBytes: 8 * GIB
    });
  });
});
