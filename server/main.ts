import { problemsOf } from './daemon/config/configFile';
import { AlreadyServedError, openInstance } from './daemon/instance';
import { stderrLog, type LogFormat } from './daemon/log';
import { ServedElsewhereError } from './daemon/presence';
import { DirectoryError } from './host/directoryError';
import { hasTerminal } from './host/terminal';
import { UndoStack } from './lib/disposable';
import { USAGE, UsageError, parseCheck, parseOptions, type Check, type Options } from './options';
import { serve } from './serve';
import { answerKnocks } from './users/knocks';

/** Exit codes: sysexits(3) where it has one. */
const EXIT = { ok: 0, problems: 1, usage: 2, alreadyServed: 3, mistake: 70, again: 75 } as const;

/** How long a graceful stop may take before it is given up, in ms. */
const STOP_MAX_MS = 10_000;

/** After a hang-up a terminal is gone within this time, in ms, if it was closed. */
const HANGUP_MS = 100;

let logFormat: LogFormat = 'text';
const log = stderrLog(() => logFormat);

/** The state can no longer be trusted: end, and let the next sidecar rebuild it. */
function fatal(why: string): never {
  log('error', why);
  process.exit(EXIT.mistake);
}

async function run(args: readonly string[]): Promise<void> {
  const toCheck = parseCheck(args);
  if (toCheck) {
    return check(toCheck);
  }
  const options = parseOptions(args, process.env);
  ({ logFormat } = options);
  const instance = await openInstance(options.dir, log);
  const stack = new UndoStack();
  stack.add(instance.leave);
  const starting = serve({ options, instance, log, fatal, stack }).catch(
    async (failure: unknown) => {
      await stack.dispose();
      throw failure;
    }
  );
  const stop = stopper(async () => {
    // What is only half started cannot be undone well.
    await starting;
    await stack.dispose();
  });
  stopWhenAsked(options, stop);
  reloadWhenAsked(stop, async () => (await starting).sidecar.administration.reload());
  const { sidecar, users } = await starting;
  stack.add(
    instance.watch(why => {
      instance.succeed();
      stop(why, EXIT.again);
    })
  );
  const tier = sidecar.node.tier.name;
  const { gatePath: gate, apiPath: api } = instance;
  say({ ready: true, pid: process.pid, tier, ...(users ? {} : { gate, api }) });
  users && answerKnocks(process.stdin, users, say);
}

/** Tell whoever started this program something, in a line. */
function say(it: object): void {
  process.stdout.write(`${JSON.stringify(it)}\n`);
}

/** Tell what is wrong with a file, as the sidecar would. */
function check({ file, before }: Check): void {
  const problems = problemsOf(file, before);
  process.stdout.write(
    problems.length ? `${problems.join('\n')}\n` : `${file}: nothing is wrong\n`
  );
  process.exitCode = problems.length ? EXIT.problems : EXIT.ok;
}

/** What calls `undo` the first time that it is called, and then ends the process. */
function stopper(undo: () => Promise<void>): (why: string, code?: number) => void {
  let isStopping = false;
  return (why, code = EXIT.ok) => {
    if (isStopping) {
      return;
    }
    isStopping = true;
    log('info', `stopping: ${why}`);
    setTimeout(() => fatal(`not stopped within ${STOP_MAX_MS} ms`), STOP_MAX_MS).unref();
    undo().then(
      () => process.exit(code),
      (failure: Error) => fatal(`stopped, but not cleanly: ${failure.message}`)
    );
  };
}

/** Stop at the first signal, or when the parent is gone. */
function stopWhenAsked({ withParent }: Options, stop: (why: string) => void): void {
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.on(signal, () => stop(signal));
  }
  if (withParent) {
    process.stdin.on('error', () => stop('the parent is gone'));
    process.stdin.on('close', () => stop('the parent is gone'));
    process.stdin.resume();
  }
}

/**
 * SIGHUP asks to read the configuration again, as of any daemon; but it also
 * comes when the terminal is closed that a sidecar runs in, and then it is to
 * end. What tells them apart is whether the terminal is still there.
 */
function reloadWhenAsked(stop: (why: string) => void, reload: () => Promise<void>): void {
  const hadTerminal = hasTerminal();
  let isAsked = false;
  const decide = () => {
    isAsked = false;
    hadTerminal && !hasTerminal() ? stop('its terminal was closed') : void reload();
  };
  process.on('SIGHUP', () => {
    isAsked || setTimeout(decide, HANGUP_MS);
    isAsked = true;
  });
}

/** Why it did not start, as a sentence and an exit code. */
function giveUp(failure: unknown): never {
  if (failure instanceof UsageError) {
    process.stderr.write(`cellgrant: ${failure.message}\n${USAGE}\n`);
    process.exit(EXIT.usage);
  }
  if (failure instanceof ServedElsewhereError) {
    // For a starter that would rather join that one: to it this is no error.
    const answer = `${JSON.stringify({ ready: false, served: failure.served })}\n`;
    process.stdout.isTTY || process.stdout.write(answer);
    log('info', failure.message);
    process.exit(EXIT.alreadyServed);
  }
  if (failure instanceof AlreadyServedError) {
    log('error', failure.message);
    process.exit(EXIT.alreadyServed);
  }
  if (failure instanceof DirectoryError) {
    log('error', failure.message);
    process.exit(EXIT.usage);
  }
  return fatal(failure instanceof Error ? (failure.stack ?? failure.message) : String(failure));
}

// Whoever reads our log may be gone; that is no reason to end.
process.stdout.on('error', () => undefined);
process.stderr.on('error', () => undefined);
process.on('uncaughtException', failure => fatal(`a mistake: ${failure.stack}`));
process.on('unhandledRejection', failure => fatal(`a mistake: ${String(failure)}`));
run(process.argv.slice(2)).catch(giveUp);
