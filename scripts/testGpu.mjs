// npm run test:gpu: the GPU tests on the true path, where there is an NVIDIA GPU.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync } from 'node:fs';
import { resolve } from 'node:path';
import process from 'node:process';
import { parseArgs } from 'node:util';

import { prepare } from './prepare/index.mjs';
import { ROOT, inVenv } from './prepare/places.mjs';
import { Failure, runTask } from './prepare/say.mjs';

const HELP = `Test GPUs on the true path: kernels in a real Jupyter server, the real driver.

Usage: npm run test:gpu [-- OPTIONS]

  --stand-in      with stand-ins for nvidia-smi and the driver, on any machine
  --out FOLDER    keep the figures, and what nvidia-smi said, in this folder
  --pack FOLDER   run nothing: make a folder to take to a machine without network,
                  where "sh FOLDER/run.sh" in the project's folder runs the tests
  --python 3.12   the Python of that machine
  --help          show this
`;

function parse(args) {
  try {
    const { values } = parseArgs({
      args,
      options: {
        'stand-in': { type: 'boolean', default: false },
        out: { type: 'string' },
        pack: { type: 'string' },
        python: { type: 'string', default: '3.12' },
        help: { type: 'boolean', short: 'h', default: false }
      }
    });
    return values;
  } catch (error) {
    throw new Failure(`${error.message.split('\n')[0]}\n\n${HELP}`);
  }
}

/** Run a program with what it prints in sight; its failure is ours. */
function run(command, args, env = {}) {
  const { status } = spawnSync(command, args, {
    cwd: ROOT,
    stdio: 'inherit',
    env: { ...process.env, ...env }
  });
  process.exitCode = status ?? 1;
  return status === 0;
}

function test(options) {
  const out = options.out === undefined ? undefined : resolve(options.out);
  out && mkdirSync(out, { recursive: true });
  const mode = options['stand-in'] ? 'stand-in' : 'real';
  const args = ['-m', 'pytest', 'jupyterlab_cellgrant/tests/test_gpu.py', '-v', '-k', mode];
  run(inVenv('python'), args, out ? { CELLGRANT_GPU_OUT: out } : {});
}

await runTask(async () => {
  const options = parse(process.argv.slice(2));
  if (options.help) {
    console.log(HELP);
  } else if (options.pack !== undefined) {
    run('npm', ['run', '--silent', 'build:wheel']) &&
      run(inVenv('python'), ['scripts/gpu_pack.py', resolve(options.pack), options.python]);
  } else {
    existsSync(inVenv('python')) || (await prepare());
    test(options);
  }
});
