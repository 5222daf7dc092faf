import { DiskFiles } from './files';
import { findPacking } from './packing';

/** This machine, but both threads are seen on CPU 0, and another CPU idles so many ticks. */
function packed(idleTicks: number): DiskFiles {
  let looks = 0;
  return Object.assign(new DiskFiles(), {
    read: (path: string) => {
      if (path !== '/proc/stat') {
        return `1 (node) R ${'0 '.repeat(60)}`;
      }
      looks += 1;
      return `cpu  0 0 0 0\ncpu0 0 0 0 0 0\ncpu1 0 0 0 ${looks * idleTicks} 0\nintr 0\n`;
    }
  });
}

describe('a scheduler', () => {
  it('[CPU10] that keeps busy threads together while another CPU idles packs them', async () => {
    expect(await findPacking(packed(10), [0, 1])).toBe(true);
  });

  it('[CPU10] on a busy machine shows nothing, nor one whose threads cannot be seen', async () => {
    expect(await findPacking(packed(0), [0, 1])).toBeNull();
    expect(await findPacking(new DiskFiles('/nowhere'), [0, 1])).toBeNull();
  });

  it('[CPU10] has nothing to pack on one CPU', async () => {
    expect(await findPacking(new DiskFiles(), [0])).toBe(false);
  });
});
