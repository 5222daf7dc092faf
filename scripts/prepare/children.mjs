import process from 'node:process';

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'];
const NPM_GONE_EVERY_MS = 1000;
const GRACE_MS = 20_000;

const running = new Set();

/**
 * End a program with us; it must lead a process group of its own.
 *
 * #### Notes
 * Asked to end, we ask each group, wait for it, and end with the signal's exit code. Whoever
 * does not end in time, or whenever we are asked again, is killed. npm passes no signal on
 * but ends, so that counts as one.
 */
export function endWithUs(child) {
  if (child.pid === undefined) {
    return; // it could not be started
  }
  isListening || listen();
  running.add(child);
  child.once('close', () => running.delete(child));
}

let isListening = false;

function listen() {
  isListening = true;
  SIGNALS.forEach((signal, at) => process.on(signal, () => endAll(signal, [130, 143, 129][at])));
  const parent = process.ppid;
  const watch = () => process.ppid !== parent && endAll('SIGTERM', 143);
  setInterval(watch, NPM_GONE_EVERY_MS).unref();
}

let isEnding = false;

function endAll(signal, exitCode) {
  const wasEnding = isEnding;
  isEnding = true;
  signalAll(wasEnding ? 'SIGKILL' : signal);
  if (!wasEnding) {
    const gone = () => running.size === 0 && process.exit(exitCode);
    setInterval(gone, 50);
    setTimeout(() => signalAll('SIGKILL'), GRACE_MS);
  }
}

function signalAll(signal) {
  for (const { pid } of running) {
    try {
      process.kill(-pid, signal);
    } catch (error) {
      if (error.code !== 'ESRCH') {
        throw error;
      }
    }
  }
}
