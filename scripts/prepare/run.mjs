import { spawn } from 'node:child_process';
import { createWriteStream, mkdirSync } from 'node:fs';
import { join, relative } from 'node:path';
import process from 'node:process';

import { endWithUs } from './children.mjs';
import { CACHE, ROOT } from './places.mjs';
import { Failure } from './say.mjs';

const TAIL_LINES = 20;

/**
 * Run a program to its end, its output in `.cache/logs/<log>.log`.
 *
 * #### Notes
 * Resolves to `{ code, output, logPath }` whatever the exit code; a program
 * that could not be started has code 127. Standard input is empty. `show` is
 * given the output too, in pieces, while it comes. The program ends with us.
 */
export function run(command, args, { log, cwd = ROOT, env = process.env, show = () => {} }) {
  const folder = join(CACHE, 'logs');
  mkdirSync(folder, { recursive: true });
  const logPath = join(folder, `${log}.log`);
  const file = createWriteStream(logPath);
  const chunks = [];
  return new Promise(resolve => {
    const stdio = ['ignore', 'pipe', 'pipe'];
    const child = spawn(command, args, { cwd, env, stdio, detached: true });
    endWithUs(child);
    const take = chunk => {
      chunks.push(chunk);
      file.write(chunk);
      show(chunk);
    };
    child.stdout.on('data', take);
    child.stderr.on('data', take);
    const end = (code, text) =>
      file.end(text, () =>
        resolve({ code, output: Buffer.concat(chunks).toString() + text, logPath })
      );
    child.on('error', error => end(127, `${error.message}\n`));
    child.on('close', (code, signal) => end(code ?? 128, signal ? `ended by ${signal}\n` : ''));
  });
}

/** The last lines of an output, for a person who must find out what went wrong. */
export function tail(output, lines = TAIL_LINES) {
  return output.trimEnd().split('\n').slice(-lines).join('\n');
}

/** Run a program that must succeed; `explain(output)` may name a cause known to it. */
export async function mustRun(command, args, { explain = () => null, what, ...options }) {
  const result = await run(command, args, options);
  if (result.code === 0) {
    return result;
  }
  const known = explain(result.output);
  if (known) {
    throw new Failure(known);
  }
  console.error(tail(result.output));
  throw new Failure(
    `${what} failed with exit code ${result.code}; the whole output is in ${relative(ROOT, result.logPath)}.`
  );
}
