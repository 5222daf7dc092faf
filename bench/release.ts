import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { exitOf, textOf } from '../server/testing/sidecar';
import { Stage } from '../server/testing/stage';
import { ROOT, python } from './kernels';
import { quantilesOf, type Quantiles } from './quantiles';

const ROUNDS = 100;
const KILLS = 20;

/** How soon a waiting cell runs, on real kernels. */
export type Releases = {
  /** From the reply of the cell before it, as its client hears it; below 0 where it runs before that. */
  readonly releaseMs: Quantiles;
  /** From `kill -9` of the kernel before it. */
  readonly killReleaseMs: Quantiles;
};

/** Let one kernel wait for the other, many times over; the clients are release.py. */
export async function timeReleases(): Promise<Releases> {
  const stage = new Stage();
  try {
    const sidecar = await stage.sidecar();
    const script = join(ROOT, 'bench', 'release.py');
    const child = spawn(python(), [script, `${ROUNDS}`, `${KILLS}`], {
      env: { ...process.env, CELLGRANT_DIR: sidecar.dir },
      stdio: ['ignore', 'pipe', 'ignore']
    });
    const [text, code] = await Promise.all([textOf(child.stdout), exitOf(child)]);
    if (code !== 0) {
      throw new Error('bench/release.py failed; run it by hand to see why');
    }
    const { releaseMs, killReleaseMs } = JSON.parse(text) as Record<string, number[]>;
    return { releaseMs: quantilesOf(releaseMs!), killReleaseMs: quantilesOf(killReleaseMs!) };
  } finally {
    await stage.clear();
  }
}
