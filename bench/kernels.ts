import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface, type Interface } from 'node:readline';
import { exitOf, type TestSidecar } from '../server/testing/sidecar';

const ROOT = join(__dirname, '..', '..');

/** What a cell came to in every kernel. */
export type Ran = {
  /** From the first request to the last reply, in s. */
  readonly seconds: number;
  readonly values: readonly unknown[];
};

/** The Python of the development environment, else `python3`; `PYTHON` overrides both. */
function python(): string {
  const own = join(ROOT, '.venv', 'bin', 'python');
  return process.env.PYTHON ?? (existsSync(own) ? own : 'python3');
}

/** Real kernels that a measurement runs cells in, all at once. */
export class Kernels {
  private constructor(
    private readonly _child: ChildProcess,
    private readonly _lines: Interface,
    readonly pids: readonly number[]
  ) {}

  /** Start kernels, gated by a sidecar or, without one, plain. */
  static async start(count: number, sidecar: TestSidecar | null): Promise<Kernels> {
    const env = { ...process.env, ...(sidecar && { CELLGRANT_DIR: sidecar.dir }) };
    const args = [join(ROOT, 'bench', 'kernels.py'), `${count}`, sidecar ? 'cellgrant' : 'plain'];
    const child = spawn(python(), args, { env, stdio: ['pipe', 'pipe', 'ignore'] });
    const lines = createInterface({ input: child.stdout! });
    const { pids } = (await answerOf(lines)) as { pids: number[] };
    return new Kernels(child, lines, pids);
  }

  /** Run a cell in each kernel at once; rejects where one fails. */
  async run(code: string, expression = 'None'): Promise<Ran> {
    const answer = answerOf(this._lines);
    this._child.stdin!.write(`${JSON.stringify({ code, expression })}\n`);
    return (await answer) as Ran;
  }

  /** End them all. */
  async stop(): Promise<void> {
    this._child.stdin!.end();
    await exitOf(this._child);
  }
}

function answerOf(lines: Interface): Promise<unknown> {
  return new Promise((resolve, reject) => {
    lines.once('line', line => resolve(JSON.parse(line)));
    lines.once('close', () =>
      reject(new Error('the kernels failed; run bench/kernels.py by hand'))
    );
  });
}
