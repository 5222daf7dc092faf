import { mkdirSync, rmSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { V1, findHierarchies } from '../server/host/cgroupfs';
import { DiskFiles } from '../server/host/files';
import { TestSidecar, shortDirectory } from '../server/testing/sidecar';
import type { Bar } from './bars';
import { Kernels } from './kernels';

/** The most that a write may take under a limit, in times of what it takes without Cellgrant. */
const WRITE_BOUND = 1.1;

const ROUNDS = 7;
const LIMIT_BYTES = 400 * 1024 ** 2;

/** Writes 900 MiB in blocks of 16 MiB, as data frames and checkpoints are written. */
const WRITE = `
import os, time
began = time.perf_counter()
with open(PATH, "wb", buffering=0) as file:
    block, left = b"x" * (16 << 20), 900 << 20
    while left > 0:
        left -= file.write(block[:left])
seconds = time.perf_counter() - began
os.unlink(PATH)
`;

/** What writing takes, in s. */
export type Found = {
  readonly bars: readonly Bar[];
  readonly plainS: readonly number[];
  readonly limitedS: readonly number[];
  /** Under the same limit of the operating system alone, without Cellgrant; none where that cannot be set. */
  readonly bareLimitS: readonly number[];
  /** The median under Cellgrant over that: what is Cellgrant's, not the limit's. */
  readonly overBareLimit: number | null;
};

/**
 * Write a file that is larger than the cell's `memory`, beside plain kernels, by turns.
 *
 * #### Notes
 * What a limit costs is the operating system's: it has to write back what a plain kernel may
 * leave in memory, and on an idle node with a fast disk that shows. So a plain kernel in a
 * cgroup (version 1) with the same limit is timed, too.
 */
export async function run(): Promise<Found> {
  const dir = shortDirectory();
  const sidecar = await TestSidecar.start(dir);
  const [plain, gated] = [await Kernels.start(1, null), await Kernels.start(1, sidecar)];
  const bare = await Kernels.start(1, null);
  const undoLimit = limit(bare.pids[0]!);
  const code = WRITE.replaceAll('PATH', JSON.stringify(join(dir, 'written')));
  const [plainS, limitedS, bareLimitS]: [number[], number[], number[]] = [[], [], []];
  const write = async (kernels: Kernels, hint = ''): Promise<number> =>
    (await kernels.run(hint + code, 'seconds')).values[0] as number;
  try {
    for (let round = 0; round < ROUNDS; round += 1) {
      plainS.push(await write(plain));
      limitedS.push(await write(gated, '#| memory: 400 MiB\n'));
      undoLimit && bareLimitS.push(await write(bare));
    }
  } finally {
    await Promise.all([plain, gated, bare].map(it => it.stop()));
    undoLimit?.();
    await sidecar.stop();
    rmSync(dir, { recursive: true, force: true });
  }
  const value = median(limitedS) / median(plainS);
  const name = 'a 900 MiB write under memory: 400 MiB, over the same without Cellgrant';
  const bar = { id: 'write', name, value, unit: 'x', bound: WRITE_BOUND } as const;
  const overBareLimit = undoLimit && median(limitedS) / median(bareLimitS);
  const bars = [{ ...bar, better: 'lower' as const, met: value <= WRITE_BOUND }];
  return { bars, plainS, limitedS, bareLimitS, overBareLimit };
}

/** Put a process into a cgroup of its own with that limit; the undo, or null without version 1. */
function limit(pid: number): (() => void) | null {
  const hierarchy = findHierarchies(new DiskFiles()).find(it => it.controllers.includes('memory'));
  if (hierarchy?.version !== 1) {
    return null;
  }
  const group = join(hierarchy.directory, `bench-memory-${process.pid}`);
  mkdirSync(group);
  writeFileSync(join(group, V1.memoryLimit), `${LIMIT_BYTES}`);
  writeFileSync(join(group, V1.procs), `${pid}`);
  return () => rmdirSync(group);
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)]!;
}
