import { Worker } from 'node:worker_threads';
import { PROC } from './cgroupfs';
import { readOrNull, type IHostFiles } from './files';

/** How long two busy threads are watched, in ms. */
const WATCH_MS = 60;
const LOOK_EVERY_MS = 5;
/** The scheduler is given this long to spread the threads, in ms. */
const SETTLE_MS = 15;
/** Looks that must agree before the machine is blamed. */
const LOOKS_MIN = 4;

/** A thread that tells its id and then only computes. */
const BUSY_THREAD = `
const { parentPort, workerData } = require('node:worker_threads');
const id = Number(require('node:fs').readlinkSync('/proc/thread-self').split('/').pop());
parentPort.postMessage(id);
const until = Date.now() + workerData;
while (Date.now() < until) {}
`;

/** The CPU that a thread last ran on: field 39 of its stat file; null where it is gone. */
function cpuOfThread(files: IHostFiles, tid: number): number | null {
  const text = readOrNull(files, PROC.threadStat(process.pid, tid));
  return text === null ? null : Number(text.slice(text.lastIndexOf(')') + 2).split(' ')[36]);
}

/** Start a busy thread; resolves with its id as soon as it computes. */
function startBusyThread(): { readonly worker: Worker; readonly id: Promise<number> } {
  const worker = new Worker(BUSY_THREAD, { eval: true, workerData: WATCH_MS + SETTLE_MS });
  const id = new Promise<number>((resolve, reject) => {
    worker.once('message', resolve);
    worker.once('error', reject);
  });
  return { worker, id };
}

function pause(ms: number): Promise<void> {
  return new Promise(resolve => setTimeout(resolve, ms));
}

/**
 * Whether this machine keeps two busy threads on one CPU though others may be
 * used: some virtual machines do. A notice for people, or null.
 *
 * #### Notes
 * Takes about 0.15 s beside other work; call it once, at the start. A busy
 * machine may have to put both on one CPU now and then, so every look has to
 * find them together. Where threads cannot be watched nothing is said.
 */
export async function findPacking(
  files: IHostFiles,
  cpus: readonly number[]
): Promise<string | null> {
  if (cpus.length < 2) {
    return null;
  }
  const threads = [startBusyThread(), startBusyThread()];
  try {
    const ids = await Promise.all(threads.map(it => it.id));
    await pause(SETTLE_MS);
    let looks = 0;
    for (const endMs = Date.now() + WATCH_MS - SETTLE_MS; Date.now() < endMs; looks += 1) {
      const [first, second] = ids.map(id => cpuOfThread(files, id));
      if (first === null || second === null || first !== second) {
        return null;
      }
      await pause(LOOK_EVERY_MS);
    }
    return looks < LOOKS_MIN
      ? null
      : `This machine keeps threads that are not pinned on one CPU although ${cpus.length} may be ` +
          'used. Pinned cells ("cpus": n) use them all; others may run slower than they could.';
  } catch {
    // No worker threads, no /proc: nothing can be said about this machine.
    return null;
  } finally {
    await Promise.all(threads.map(it => it.worker.terminate()));
  }
}
