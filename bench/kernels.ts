import { spawn, type ChildProcess } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { exitOf, type TestSidecar } from '../server/testing/sidecar';
import { ROOT, environmentOf, python } from './python';

/** What a cell came to in every kernel. */
export type Ran = {
  /** From the first request to the last reply, in s. */
  readonly seconds: number;
  readonly values: readonly unknown[];
};

/** Real kernels that a measurement runs cells in, all at once. */
export class Kernels {
  private constructor(
    private readonly _child: ChildProcess,
    private readonly _answers: AsyncIterator<string>,
    readonly pids: readonly number[]
  ) {}

  /** Start kernels, gated by a sidecar or, without one, plain; `own` is their Python, if another. */
  static async start(count: number, sidecar: TestSidecar | null, own?: string): Promise<Kernels> {
    const env = sidecar ? environmentOf(sidecar) : process.env;
    const provisioner = sidecar ? 'cellgrant' : 'plain';
    const args = [join(ROOT, 'bench', 'kernels.py'), `${count}`, provisioner, own ?? python()];
    const child = spawn(python(), args, { env, stdio: ['pipe', 'pipe', 'ignore'] });
    const answers = createInterface({ input: child.stdout! })[Symbol.asyncIterator]();
    const { pids } = (await next(answers)) as { pids: number[] };
    return new Kernels(child, answers, pids);
  }

  /** Run a cell in each kernel at once, as that of a notebook if it has an id; rejects where one fails. */
  async run(code: string, expression = 'None', cellId: string | null = null): Promise<Ran> {
    this._child.stdin!.write(`${JSON.stringify({ code, expression, cellId })}\n`);
    return (await next(this._answers)) as Ran;
  }

  /** End them all. */
  async stop(): Promise<void> {
    this._child.stdin!.end();
    await exitOf(this._child);
  }
}

async function next(answers: AsyncIterator<string>): Promise<unknown> {
  const { value, done } = await answers.next();
  if (done) {
    throw new Error('the kernels failed; run bench/kernels.py by hand to see why');
  }
  return JSON.parse(value as string);
}
