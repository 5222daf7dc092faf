import { Worker } from 'node:worker_threads';
import { PROC } from './cgroupfs';
import { readOrNull, type IHostFiles } from './files';
import { parseStat } from './processes';

/** How long two busy threads are watched, in ms. */
const WATCH_MS = 100;
const LOOK_EVERY_MS = 5;
/** How long the scheduler gets to spread the threads, in ms. */
const SETTLE_MS = 15;
/** Samples that must agree before the machine is blamed. */
const LOOKS_MIN = 4;
/** Half of the watch, in the kernel's ticks of 10 ms: a CPU that idled less was not idle. */
const IDLE_TICKS_MIN = WATCH_MS / 10 / 2;
/** The threads are terminated after the watch; otherwise they end themselves after this time, in ms. */
const BUSY_MAX_MS = 2000;

/** A thread that reports its id and then only computes. */
const BUSY_THREAD = `
const { parentPort, workerData } = require('node:worker_threads');
const id = Number(require('node:fs').readlinkSync('/proc/thread-self').split('/').pop());
parentPort.postMessage(id);
const until = Date.now() + workerData;
while (Date.now() < until) {}
`;

/** The CPU that a thread last ran on: field 39 of its stat file; null if it has ended. */
function cpuOfThread(files: IHostFiles, tid: number): number | null {
  return parseStat(readOrNull(files, PROC.threadStat(process.pid, tid)))?.field(39) ?? null;
}

/** Start a busy thread; resolves with its id as soon as it computes. */
function startBusyThread(): { readonly worker: Worker; readonly id: Promise<number> } {
  const worker = new Worker(BUSY_THREAD, { eval: true, workerData: BUSY_MAX_MS });
  const id = new Promise<number>((resolve, reject) => {
    worker.once('message', resolve);
    worker.once('error', reject);
  });
  return { worker, id };
}

/** Idle ticks of each CPU since boot; empty if unknown. */
function readIdleTicks(files: IHostFiles): ReadonlyMap<number, number> {
  const lines = (readOrNull(files, PROC.cpus) ?? '').matchAll(/^cpu(\d+) \d+ \d+ \d+ (\d+)/gm);
  return new Map(Array.from(lines, ([, cpu, ticks]) => [Number(cpu), Number(ticks)]));
}

function pause(ms: number): Promise<void> {
  return new Promise(resolve => setTimeout(resolve, ms));
}

/** Watch two threads that compute: the CPU that both were on in every sample. */
async function watchTogether(
  files: IHostFiles,
  ids: readonly number[]
): Promise<number | 'apart' | 'unseen'> {
  let together: number | null = null;
  let looks = 0;
  for (const endMs = Date.now() + WATCH_MS; Date.now() < endMs || looks < LOOKS_MIN; looks += 1) {
    const [first, second] = ids.map(id => cpuOfThread(files, id));
    if (first !== second) {
      return 'apart';
    }
    together = first ?? null;
    await pause(LOOK_EVERY_MS);
  }
  return together ?? 'unseen';
}

/**
 * Whether this machine keeps two busy threads on one CPU while another CPU that
 * they may use idles: some virtual machines do, and isolated CPUs. Null if
 * unknown.
 *
 * #### Notes
 * Takes about 0.2 s in the background. If all CPUs are busy two threads may
 * have to share one, so the result is null then.
 */
export async function findPacking(
  files: IHostFiles,
  cpus: readonly number[]
): Promise<boolean | null> {
  if (cpus.length < 2) {
    return false;
  }
  const threads = [startBusyThread(), startBusyThread()];
  try {
    const ids = await Promise.all(threads.map(it => it.id));
    await pause(SETTLE_MS);
    const before = readIdleTicks(files);
    const together = await watchTogether(files, ids);
    if (typeof together === 'string') {
      return together === 'apart' ? false : null;
    }
    const after = readIdleTicks(files);
    const isIdle = (cpu: number) => after.get(cpu)! - before.get(cpu)! >= IDLE_TICKS_MIN;
    return cpus.some(cpu => cpu !== together && isIdle(cpu)) ? true : null;
  } catch {
    // No worker threads or no /proc: nothing is known about this machine.
    return null;
  } finally {
    await Promise.all(threads.map(it => it.worker.terminate()));
  }
}
