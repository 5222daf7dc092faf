import type { TestKernel } from '../server/testing/gate';
import type { SharedSidecar } from '../server/testing/sharedSidecar';

/** The first of the users that only measurements know. */
const FIRST_UID = 64_200;
/** How long a cell runs, in ms. */
const RUNS_MS = 50;
const ANSWERED_WITHIN_MS = 10_000;

/** What became of cells. */
export type Cells = {
  /** From claim to grant, of those that were granted without a wait, in ms. */
  readonly freeMs: readonly number[];
  /** How many had to wait for others. */
  readonly waited: number;
  /** How many were never answered. */
  readonly lost: number;
};

type Counts = { freeMs: number[]; waited: number; lost: number };

/** Of ten cells some name what they need. */
const HINTS: readonly (object | undefined)[] = [
  ...Array.from({ length: 7 }, () => undefined),
  { memory: '64 MiB' },
  { cpus: 1 },
  { cpus: [1, 2], memory: '32 MiB' }
];

let cellCount = 0;

/** Kernels of many users, simulated but for the process that each has. */
export class Crew {
  private constructor(private readonly kernels: readonly TestKernel[]) {}

  /** So many users, with so many kernels each. */
  static async of(sidecar: SharedSidecar, users: number, each: number): Promise<Crew> {
    const kernels: TestKernel[] = [];
    for (let nth = 0; nth < users; nth += 1) {
      const uid = FIRST_UID + nth;
      const side = await sidecar.serve({ uid, gid: uid, name: `user${nth}`, groups: [] });
      kernels.push(...(await Promise.all(Array.from({ length: each }, () => side.connected()))));
    }
    return new Crew(kernels);
  }

  /** Let cells come at this rate for so long, on one kernel after the other; resolves when all have ended. */
  async work(perSecond: number, seconds: number): Promise<Cells> {
    const counts: Counts = { freeMs: [], waited: 0, lost: 0 };
    const cells: Promise<void>[] = [];
    const beganMs = performance.now();
    for (let nth = 0; nth < perSecond * seconds; nth += 1) {
      const dueMs = beganMs + (nth * 1000) / perSecond;
      const earlyMs = dueMs - performance.now();
      earlyMs > 0 && (await new Promise(resolve => setTimeout(resolve, earlyMs)));
      const kernel = this.kernels[nth % this.kernels.length]!;
      cells.push(
        runCell(kernel, HINTS[Math.floor(nth / this.kernels.length) % HINTS.length], counts)
      );
    }
    await Promise.all(cells);
    return counts;
  }
}

async function runCell(
  kernel: TestKernel,
  hints: object | undefined,
  counts: Counts
): Promise<void> {
  const id = `cell-${(cellCount += 1)}`;
  const beganMs = performance.now();
  kernel.claim(id, hints);
  const late = new Promise<null>(resolve => setTimeout(resolve, ANSWERED_WITHIN_MS, null).unref());
  const granted = await Promise.race([kernel.gate.hear('granted', id), late]);
  if (!granted) {
    counts.lost += 1;
    return;
  }
  if (kernel.gate.has('waiting', id)) {
    await kernel.gate.hear('waiting', id);
    counts.waited += 1;
  } else {
    counts.freeMs.push(performance.now() - beganMs);
  }
  await new Promise(resolve => setTimeout(resolve, RUNS_MS));
  kernel.release(id);
}
