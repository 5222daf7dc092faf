import { AlreadyServedError } from './daemon/instance';
import type { Log } from './daemon/ports';
import { ServedElsewhereError } from './daemon/presence';
import { DirectoryError } from './host/directoryError';
import { USAGE, UsageError } from './options';

/** Exit codes: those of sysexits(3) where it defines one. */
export const EXIT = {
  ok: 0,
  problems: 1,
  usage: 2,
  alreadyServed: 3,
  mistake: 70,
  again: 75
} as const;

/** How long a graceful stop may take before it is abandoned, in ms. */
const STOP_MAX_MS = 10_000;

/** The ways in which this process can end, each of which logs why. */
export class Ending {
  constructor(private readonly log: Log) {}

  /** The state can no longer be trusted: exit, and let the next sidecar rebuild it. */
  fatal(why: string): never {
    this.log('error', why);
    process.exit(EXIT.mistake);
  }

  /** Returns a function that calls `undo` on its first call, and then ends the process. */
  stopper(undo: () => Promise<void>): (why: string, code?: number) => void {
    let isStopping = false;
    return (why, code = EXIT.ok) => {
      if (isStopping) {
        return;
      }
      isStopping = true;
      this.log('info', `stopping: ${why}`);
      setTimeout(() => this.fatal(`not stopped within ${STOP_MAX_MS} ms`), STOP_MAX_MS).unref();
      undo().then(
        () => process.exit(code),
        (failure: Error) => this.fatal(`stopped, but not cleanly: ${failure.message}`)
      );
    };
  }

  /** Report why it did not start, as a sentence and an exit code. */
  giveUp(failure: unknown): never {
    if (failure instanceof UsageError) {
      process.stderr.write(`cellgrant: ${failure.message}\n${USAGE}\n`);
      process.exit(EXIT.usage);
    }
    if (failure instanceof ServedElsewhereError) {
      // For a launcher that joins that sidecar instead: to it this is no error.
      const answer = `${JSON.stringify({ ready: false, served: failure.served })}\n`;
      process.stdout.isTTY || process.stdout.write(answer);
      this.log('info', failure.message);
      process.exit(EXIT.alreadyServed);
    }
    if (failure instanceof AlreadyServedError) {
      this.log('error', failure.message);
      process.exit(EXIT.alreadyServed);
    }
    if (failure instanceof DirectoryError) {
      this.log('error', failure.message);
      process.exit(EXIT.usage);
    }
    return this.fatal(
      failure instanceof Error ? (failure.stack ?? failure.message) : String(failure)
    );
  }
}
