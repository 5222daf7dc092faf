import { isAbove, limitToWrite, limitWithoutLook } from './memoryLimit';

const MIB = 1024 ** 2;

/** What is charged, of which so much can be dropped at once. */
function count(chargedBytes: number, cleanBytes: number) {
  return { chargedBytes, cleanBytes, heldBytes: chargedBytes - cleanBytes };
}

describe('the limit to write', () => {
  it('[MEM2] is the use and some slack at least, in whole pages', () => {
    expect(limitToWrite(1, count(100 * MIB, 0))).toBe(132 * MIB);
    expect(limitToWrite(1, count(100 * MIB, 50 * MIB))).toBe(82 * MIB);
    expect(limitToWrite(500 * MIB - 1, count(100 * MIB, 0))).toBe(500 * MIB);
    expect(limitToWrite(null, count(100 * MIB, 0))).toBeNull();
  });

  it('[MEM2] evicts 256 MiB of cache at most, or the sidecar would wait for it', () => {
    expect(limitToWrite(1, count(1024 * MIB, 1024 * MIB))).toBe(768 * MIB);
    expect(limitToWrite(1, count(1024 * MIB, 200 * MIB))).toBe(856 * MIB);
  });

  it('needs no look at the use where there is none, or it rises', () => {
    expect(limitWithoutLook(null, 4096)).toBeNull();
    expect(limitWithoutLook(4097, 8192)).toBe(8192);
    expect(limitWithoutLook(8193, 8192)).toBe(12288);
    expect(limitWithoutLook(4096, 8192)).toBeUndefined();
    expect(limitWithoutLook(4096, null)).toBeUndefined();
  });

  it('comes down only where it is above what is wanted, in whole pages', () => {
    expect(isAbove(8193, 4097)).toBe(true);
    expect(isAbove(8192, 4097)).toBe(false);
    expect(isAbove(null, 4096)).toBe(false);
    expect(isAbove(8192, null)).toBe(false);
  });
});
