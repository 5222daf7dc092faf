import { spawn, type ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';
import { DiskFiles } from '../host/files';
import { readMask, readProcess, readThread, readThreads } from '../host/processes';
import type { HolderProcess } from '../enforce/enforcer';
import type { CpuSet } from '../protocol/cpuset';
import { distinctMasks } from './masks';
import { exitOf } from './sidecar';

const files = new DiskFiles();

/** Computes in so many threads beside the main one, each with a name of its own, until it is killed. */
const PROGRAM = `
const { Worker } = require('node:worker_threads');
const compute =
  "require('node:worker_threads').parentPort.postMessage(" +
  "Number(require('node:fs').readlinkSync('/proc/thread-self').split('/').pop())); for (;;) {}";
for (let left = Number(process.argv[1]); left > 0; left -= 1) {
  new Worker(compute, { eval: true }).on('message', tid => console.log(tid));
}`;

/** A real process of which some threads only compute. */
export class BusyProcess {
  readonly place: HolderProcess;

  private constructor(
    private readonly child: ChildProcess,
    holderId: string,
    /** Its threads that compute. */
    readonly threads: readonly number[]
  ) {
    const pid = child.pid!;
    this.place = { holderId, pid, startTicks: readProcess(files, pid)!.startTicks };
  }

  /** Resolves when they all compute. */
  static async start(holderId: string, threads: number): Promise<BusyProcess> {
    const child = spawn(process.execPath, ['-e', PROGRAM, `${threads}`], {
      stdio: ['ignore', 'pipe', 'ignore']
    });
    const found: number[] = [];
    for await (const line of createInterface({ input: child.stdout })) {
      found.push(Number(line));
      if (found.length === threads) {
        break;
      }
    }
    return new BusyProcess(child, holderId, found);
  }

  /** The masks of the threads that compute. */
  masks(): readonly CpuSet[] {
    return this.threads.map(tid => readMask(files, this.place.pid, tid) ?? []);
  }

  /** The masks of all other threads, each once. */
  otherMasks(): readonly CpuSet[] {
    const { pid } = this.place;
    const others = readThreads(files, pid).filter(tid => !this.threads.includes(tid));
    const idle = others.filter(tid => readThread(files, pid, tid)?.isRunnable === false);
    return distinctMasks(files, pid, idle);
  }

  /** End it; resolves when it is reaped. */
  async kill(): Promise<void> {
    this.child.kill('SIGKILL');
    await exitOf(this.child);
  }
}
