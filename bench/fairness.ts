import { spawn, type ChildProcess } from 'node:child_process';

import { DiskFiles } from '../server/host/files';
import { readTreeUse } from '../server/host/processUse';
import { TestKernel } from '../server/testing/gate';
import { ANN, BOB, type SharedSidecar, type UserSide } from '../server/testing/sharedSidecar';
import { exitOf } from '../server/testing/sidecar';
import { rounded } from './statistics';

/** Shares follow what is used within this time, in ms. */
const SETTLES_MS = 2000;

const files = new DiskFiles();

/** The CPU time that two users had, in s. */
export type Fairness = {
  readonly one: number;
  readonly eight: number;
  /** How far they are from alike: 0 for alike. */
  readonly error: number;
};

/** Let one kernel of a user and eight of another compute, each on as many CPUs as there are, for so long. */
export async function fairnessOf(sidecar: SharedSidecar, seconds: number): Promise<Fairness> {
  const children: ChildProcess[] = [];
  try {
    const one = await busyKernels(await sidecar.serve(ANN), 1, children);
    const eight = await busyKernels(await sidecar.serve(BOB), 8, children);
    await new Promise(resolve => setTimeout(resolve, SETTLES_MS));
    const before = [secondsOf(one), secondsOf(eight)];
    await new Promise(resolve => setTimeout(resolve, seconds * 1000));
    const [ofOne, ofEight] = [secondsOf(one) - before[0]!, secondsOf(eight) - before[1]!];
    return {
      one: rounded(ofOne, 2),
      eight: rounded(ofEight, 2),
      error: rounded(Math.abs(ofOne / ofEight - 1), 3)
    };
  } finally {
    // With all that they started: each leads a group.
    children.forEach(it => process.kill(-it.pid!, 'SIGKILL'));
    await Promise.all(children.map(exitOf));
  }
}

/** Two threads each: one kernel can use the half of two CPUs, and a little more if it is let. */
const COMPUTES = 'for _ in 1 2; do (while :; do :; done) & done; wait';

async function busyKernels(
  side: UserSide,
  howMany: number,
  children: ChildProcess[]
): Promise<readonly TestKernel[]> {
  const { uid, gid } = side.user;
  return Promise.all(
    Array.from({ length: howMany }, async () => {
      const child = spawn('bash', ['-c', COMPUTES], { stdio: 'ignore', uid, gid, detached: true });
      children.push(child);
      const kernel = new TestKernel(child);
      await kernel.connect(side);
      const id = `busy-${kernel.id}`;
      kernel.claim(id);
      await kernel.gate.hear('granted', id);
      return kernel;
    })
  );
}

/** CPU time of these kernels and of what they started. */
function secondsOf(kernels: readonly TestKernel[]): number {
  return kernels.reduce((sum, { pid }) => sum + (readTreeUse(files, pid)?.cpuSeconds ?? 0), 0);
}
