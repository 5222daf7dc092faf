import { spawn, type ChildProcess } from 'node:child_process';
import { join } from 'node:path';

import type { SharedSidecar } from '../server/testing/sharedSidecar';
import { exitOf } from '../server/testing/sidecar';

/** Of nobody else. */
const EVE = { uid: 64_199, gid: 64_199, name: 'eve', groups: [] };
const PROCESSES = 4;

/** One user whose kernels claim and give up without an end, each in a process of its own. */
export class FloodOfOne {
  private constructor(private readonly children: readonly ChildProcess[]) {}

  /** Resolves when all of them flood. */
  static async begin(sidecar: SharedSidecar): Promise<FloodOfOne> {
    const { gatePath, apiPath } = await sidecar.serve(EVE);
    const words = [join(__dirname, 'floodProcess.cjs'), gatePath, apiPath, 'greeted'];
    const { uid, gid } = EVE;
    const children = Array.from({ length: PROCESSES }, () =>
      spawn(process.execPath, words, { stdio: ['ignore', 'pipe', 'inherit'], uid, gid })
    );
    await Promise.all(children.map(it => new Promise(resolve => it.stdout!.once('data', resolve))));
    return new FloodOfOne(children);
  }

  async end(): Promise<void> {
    this.children.forEach(it => it.kill('SIGKILL'));
    await Promise.all(this.children.map(exitOf));
  }
}
