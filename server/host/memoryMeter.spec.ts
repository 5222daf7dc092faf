import { spawn } from 'node:child_process';

import { FakeMachine } from '../testing/fakeMachine';
import { exitOf } from '../testing/sidecar';
import { DiskFiles } from './files';
import { MemoryMeter } from './memoryMeter';

const GIB = 1024 ** 3;
const MIB = 1024 ** 2;
const ROUNDS = 9;

const meminfo = (total: number, available: number) =>
  `MemTotal: ${total / 1024} kB\nMemFree: 0 kB\nMemAvailable: ${available / 1024} kB`;

/** By how much more seems to be held while a process holds so much: than before, and than after. */
async function holding(bytes: number, meter: MemoryMeter): Promise<readonly [number, number]> {
  const before = meter.read()!.heldBytes;
  const script = `globalThis.it = Buffer.alloc(${bytes}, 1); console.log('held')`;
  const child = spawn(process.execPath, ['-e', `${script}; setInterval(() => {}, 1e6)`]);
  await new Promise(resolve => child.stdout.once('data', resolve));
  const during = meter.read()!.heldBytes;
  child.kill('SIGKILL');
  await exitOf(child);
  const after = meter.read()!.heldBytes;
  return [during - before, during - after];
}

describe('the memory that is held', () => {
  it('[ADM14] grows by what a process takes, and shrinks when it ends', async () => {
    const meter = new MemoryMeter(new DiskFiles());
    const { heldBytes, totalBytes } = meter.read()!;
    expect(heldBytes).toBeGreaterThan(0);
    expect(totalBytes).toBeGreaterThan(heldBytes);
    // What others on this machine take or give back at the same moment is in it, too: less in the median.
    const rounds: (readonly [number, number])[] = [];
    for (let round = 0; round < ROUNDS; round += 1) {
      rounds.push(await holding(2 * GIB, meter));
    }
    for (const differences of [rounds.map(it => it[0]), rounds.map(it => it[1])]) {
      const median = differences.sort((a, b) => a - b)[Math.floor(ROUNDS / 2)]!;
      expect(median).toBeGreaterThan(GIB / 2);
      expect(median).toBeLessThan(4 * GIB);
    }
  });

  it('[ADM14] [MEM5] is no cache, not even that of ZFS', () => {
    const files = { '/proc/meminfo': meminfo(8 * GIB, 3 * GIB) };
    const machine = (more = {}) =>
      new FakeMachine({ layout: 'none', files: { ...files, ...more } });
    expect(new MemoryMeter(machine()).read()).toEqual({ totalBytes: 8 * GIB, heldBytes: 5 * GIB });
    const arcstats = `13 1 0x01\nname type data\nc_min    4    ${GIB}\nsize     4    ${3 * GIB}\n`;
    const zfs = machine({ '/proc/spl/kstat/zfs/arcstats': arcstats });
    expect(new MemoryMeter(zfs).read()?.heldBytes).toBe(3 * GIB);
  });

  it('[ADM14] is that of the limit where one is below the machine', () => {
    const files = { '/proc/meminfo': meminfo(8 * GIB, GIB) };
    const machine = new FakeMachine({ layout: 'v2', own: '/app', files });
    const { files: limited } = machine.cgroup('/sys/fs/cgroup/app');
    limited.set('memory.max', `${2 * GIB}`);
    limited.set('memory.current', `${GIB}`);
    limited.set('memory.stat', `inactive_file ${100 * MIB}\nactive_file ${100 * MIB}`);
    expect(new MemoryMeter(machine).read()).toEqual({
      totalBytes: 2 * GIB,
      heldBytes: GIB - 200 * MIB
    });
  });

  it('is not told where it cannot be', () => {
    expect(new MemoryMeter(new FakeMachine({ layout: 'none' })).read()).toBeNull();
  });
});
