import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';

/** Quantiles of round trips, in ms. */
type Quantiles = { readonly p50: number; readonly p99: number };

/** What the gate adds to an untagged `pass` cell. */
export type Overhead = {
  /** Round trips of each kind. */
  readonly n: number;
  readonly plainMs: Quantiles;
  readonly gatedMs: Quantiles;
  /** The difference of the quantiles. */
  readonly addedMs: Quantiles;
  /** The same for a cell with a hint, which waits for its grant. */
  readonly askingMs: Quantiles;
  readonly addedByAskingMs: Quantiles;
};

/**
 * Measure plain against gated round trips, alternating in one run.
 *
 * #### Notes
 * The client is overhead.py, for Jupyter's clients are Python; it starts a
 * sidecar and two kernels of its own. Takes `-n COUNT`. Needs the project's
 * Python environment and the bundled sidecar (`npm start` makes both).
 */
export async function run(args: readonly string[] = []): Promise<Overhead> {
  const root = process.cwd();
  const python = join(root, '.venv', 'bin', 'python');
  for (const needed of [python, join(root, 'jupyterlab_cellgrant', 'sidecar', 'main.cjs')]) {
    if (!existsSync(needed)) {
      throw new Error(`${needed} is missing; "npm start" makes it.`);
    }
  }
  const command = [join(root, 'bench', 'overhead.py'), '--node', process.execPath, ...args];
  return JSON.parse(await outputOf(python, command)) as Overhead;
}

/** What a program prints; rejects with its errors where it fails. */
function outputOf(program: string, args: readonly string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'] });
    let [output, errors] = ['', ''];
    child.stdout.on('data', chunk => (output += chunk));
    child.stderr.on('data', chunk => (errors += chunk));
    child.on('error', reject);
    child.on('close', code => {
      code === 0 ? resolve(output) : reject(new Error(errors.trim() || `exit code ${code}`));
    });
  });
}
