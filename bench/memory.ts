import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { TestSidecar, shortDirectory } from '../server/testing/sidecar';
import type { Bar } from './bars';
import { Kernels } from './kernels';

/** The most that a write may take under a limit, in times of what it takes without Cellgrant. */
const WRITE_BOUND = 1.1;

const ROUNDS = 7;

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
};

/** Write a file that is larger than the cell's `memory`, beside plain kernels, by turns. */
export async function run(): Promise<Found> {
  const dir = shortDirectory();
  const sidecar = await TestSidecar.start(dir);
  const [plain, gated] = [await Kernels.start(1, null), await Kernels.start(1, sidecar)];
  const code = WRITE.replaceAll('PATH', JSON.stringify(join(dir, 'written')));
  const [plainS, limitedS]: [number[], number[]] = [[], []];
  const write = async (kernels: Kernels, hint = ''): Promise<number> =>
    (await kernels.run(hint + code, 'seconds')).values[0] as number;
  try {
    for (let round = 0; round < ROUNDS; round += 1) {
      plainS.push(await write(plain));
      limitedS.push(await write(gated, '#| memory: 400 MiB\n'));
    }
  } finally {
    await Promise.all([plain.stop(), gated.stop()]);
    await sidecar.stop();
    rmSync(dir, { recursive: true, force: true });
  }
  const value = median(limitedS) / median(plainS);
  const name = 'a 900 MiB write under memory: 400 MiB, over the same without Cellgrant';
  const bar = { id: 'write', name, value, unit: 'x', bound: WRITE_BOUND } as const;
  return { bars: [{ ...bar, better: 'lower', met: value <= WRITE_BOUND }], plainS, limitedS };
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)]!;
}
