import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';

import { exitOf, textOf, type TestSidecar } from '../server/testing/sidecar';

/** The project: bundled, this file is in build/bench/. */
export const ROOT = join(__dirname, '..', '..');

/** The Python of the development environment, else `python3`; `PYTHON` overrides both. */
export function python(): string {
  const own = join(ROOT, '.venv', 'bin', 'python');
  return process.env.PYTHON ?? (existsSync(own) ? own : 'python3');
}

/** Where the kernels of a script find their sidecar. */
export function environmentOf(sidecar: TestSidecar): NodeJS.ProcessEnv {
  return { ...process.env, CELLGRANT_DIR: sidecar.dir };
}

/** The JSON that a script of this folder prints; rejects with its last words where it fails. */
export async function answerOf(
  script: string,
  args: readonly number[],
  sidecar: TestSidecar
): Promise<unknown> {
  const child = spawn(python(), [join(ROOT, 'bench', script), ...args.map(String)], {
    env: environmentOf(sidecar),
    stdio: ['ignore', 'pipe', 'pipe']
  });
  const [text, errors, code] = await Promise.all([
    textOf(child.stdout),
    textOf(child.stderr),
    exitOf(child)
  ]);
  if (code !== 0) {
    throw new Error(`bench/${script} ended with ${code}: ${errors.trim().split('\n').at(-1)}`);
  }
  return JSON.parse(text);
}
