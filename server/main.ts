import { problemsOf } from './daemon/config/configFile';
import { openInstance } from './daemon/instance';
import { stderrLog, type LogFormat } from './daemon/log';
import { Ending, EXIT } from './ending';
import { UndoStack } from './lib/disposable';
import { parseCheck, parseOptions, type Check } from './options';
import { serve } from './serve';
import { reloadWhenAsked, stopWhenAsked } from './signals';
import { answerKnocks, askAgain } from './users/knocks';

let logFormat: LogFormat = 'text';
const log = stderrLog(() => logFormat);
const ending = new Ending(log);

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
  const fatal = (why: string) => ending.fatal(why);
  const starting = serve({ options, instance, log, fatal, stack }).catch(async (why: unknown) => {
    await stack.dispose();
    throw why;
  });
  const stop = ending.stopper(async () => {
    // A half-finished start cannot be undone cleanly.
    await starting;
    await stack.dispose();
  });
  stopWhenAsked(options, stop);
  reloadWhenAsked(stop, async () => {
    const { sidecar, users } = await starting;
    sidecar.administration.reload();
    users && askAgain(users, say);
  });
  const { sidecar, users } = await starting;
  const lost = (why: string) => {
    instance.succeed();
    stop(why, EXIT.again);
  };
  stack.add(instance.watch(lost));
  const { gatePath: gate, apiPath: api } = instance;
  const { name: tier } = sidecar.node.tier;
  say({ ready: true, pid: process.pid, tier, ...(users ? {} : { gate, api }) });
  if (users) {
    answerKnocks(process.stdin, users, say);
    askAgain(users, say); // while no sidecar ran, their groups may have changed, too
  }
}

/** Write one line to the program that started this one. */
function say(it: object): void {
  process.stdout.write(`${JSON.stringify(it)}\n`);
}

/** Report the problems of a file, as the sidecar would. */
function check({ file, before }: Check): void {
  const problems = problemsOf(file, before);
  process.stdout.write(
    problems.length ? `${problems.join('\n')}\n` : `${file}: nothing is wrong\n`
  );
  process.exitCode = problems.length ? EXIT.problems : EXIT.ok;
}

// The reader of our output may be gone; that is no reason to exit.
process.stdout.on('error', () => undefined);
process.stderr.on('error', () => undefined);
process.on('uncaughtException', failure => ending.fatal(`a mistake: ${failure.stack}`));
process.on('unhandledRejection', failure => ending.fatal(`a mistake: ${String(failure)}`));
run(process.argv.slice(2)).catch((failure: unknown) => ending.giveUp(failure));
