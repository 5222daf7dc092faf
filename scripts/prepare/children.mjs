import process from 'node:process';

const SIGNALS = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 };
const NPM_GONE_EVERY_MS = 1000;
const GRACE_MS = 20_000;

const running = new Set();
let isListening = false;
/** Set once we are asked to end. */
let exitCode;

/**
 * End a program with us; it must lead a process group of its own.
 *
 * #### Notes
 * Asked to end, we ask each group, wait for it, and end with the signal's exit code. Whoever
 * does not end in time, or when we are asked again, is killed. npm passes no signal on but
 * ends, so that counts as one.
 */
export function endWithUs(child) {
  if (child.pid === undefined) {
    return; // it could not be started
  }
  isListening || listen();
  running.add(child);
  child.once('close', () => {
    running.delete(child);
    exitIfAlone();
  });
}

function listen() {
  isListening = true;
  Object.keys(SIGNALS).forEach(signal => process.on(signal, () => endAll(signal)));
  const parent = process.ppid;
  setInterval(() => process.ppid !== parent && endAll('SIGTERM'), NPM_GONE_EVERY_MS).unref();
}

function endAll(signal) {
  signalAll(exitCode === undefined ? signal : 'SIGKILL');
  exitCode ??= SIGNALS[signal];
  setTimeout(() => signalAll('SIGKILL'), GRACE_MS);
  exitIfAlone();
}

function exitIfAlone() {
  if (exitCode !== undefined && running.size === 0) {
    process.exit(exitCode);
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
