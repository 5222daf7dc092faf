import { mkdirSync, rmSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { V1, findHierarchies } from '../server/host/cgroupfs';
import { DiskFiles } from '../server/host/files';
import { TestSidecar, shortDirectory } from '../server/testing/sidecar';
import { barOfRounds, defineBars } from './bar';
import type { Result } from './bench';
import { Kernels } from './kernels';
import { count, type Chosen } from './options';
import { median, rounded } from './statistics';

export const BARS = defineBars({
  write: {
    name: 'a 900 MiB write under memory: 400 MiB, over the same without Cellgrant',
    unit: 'x',
    bound: 1.1,
    better: 'lower'
  }
});

export const OPTIONS = { rounds: count('writes of each kind', 7, 3) };

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

/** What the writes of one round took, in s. */
type Row = {
  readonly plainS: number;
  readonly limitedS: number;
  /** Under the same limit of the operating system alone; null where that cannot be set. */
  readonly bareLimitS: number | null;
};

type Found = Result & {
  readonly rows: readonly Row[];
  /** Over the bare limit, median of the rounds: what is Cellgrant's, not the limit's. */
  readonly overBareLimit: number | null;
};

/** The kernels of one run; without a sidecar or a limit, with a sidecar, with a limit alone. */
type Sides = Readonly<Record<'plain' | 'gated', Kernels>> & { readonly bare: Kernels | null };

/**
 * Write a file that is larger than the cell's `memory`, beside plain kernels, by turns.
 *
 * #### Notes
 * What a limit costs is the operating system's: it has to write back what a plain kernel may
 * leave in memory, and on an idle node with a fast disk that shows. So a plain kernel in a
 * cgroup (version 1) with the same limit is timed, too.
 */
export async function run({ rounds }: Chosen<typeof OPTIONS>): Promise<Found> {
  const dir = shortDirectory();
  const sidecar = await TestSidecar.start(dir);
  const [plain, gated] = [await Kernels.start(1, null), await Kernels.start(1, sidecar)];
  const bare = await Kernels.start(1, null);
  const undoLimit = limit(bare.pids[0]!);
  const rows: Row[] = [];
  try {
    for (let round = 0; round < rounds; round += 1) {
      const sides = { plain, gated, bare: undoLimit && bare };
      rows.push(await writeAll(sides, join(dir, 'written'), round % 2 === 1));
    }
  } finally {
    await Promise.all([plain, gated, bare].map(it => it.stop()));
    undoLimit?.();
    await sidecar.stop();
    rmSync(dir, { recursive: true, force: true });
  }
  const ratios = rows.map(it => it.limitedS / it.plainS);
  const overBare = rows.flatMap(it => (it.bareLimitS ? [it.limitedS / it.bareLimitS] : []));
  const overBareLimit = overBare.length ? rounded(median(overBare), 3) : null;
  return { bars: [barOfRounds(BARS.write, ratios)], rows, overBareLimit };
}

async function writeAll(
  { plain, gated, bare }: Sides,
  path: string,
  backwards: boolean
): Promise<Row> {
  const code = WRITE.replaceAll('PATH', JSON.stringify(path));
  const took = { plainS: 0, limitedS: 0, bareLimitS: null as number | null };
  const write = async (kernels: Kernels, hint = ''): Promise<number> =>
    rounded((await kernels.run(hint + code, 'seconds')).values[0] as number, 3);
  const turns = [
    async () => void (took.plainS = await write(plain)),
    async () => void (took.limitedS = await write(gated, '#| memory: 400 MiB\n')),
    async () => void (took.bareLimitS = bare && (await write(bare)))
  ];
  for (const turn of backwards ? turns.reverse() : turns) {
    await turn();
  }
  return took;
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
