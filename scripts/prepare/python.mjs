import { spawnSync } from 'node:child_process';
import process from 'node:process';

import { explainUnreachable } from './network.mjs';
import { inRoot, inVenv } from './places.mjs';
import { mustRun } from './run.mjs';
import { Failure, step } from './say.mjs';
import { unlessDone } from './stamps.mjs';

const PYTHON_MINOR_MIN = 10;
const NAMES = ['python3', 'python3.14', 'python3.13', 'python3.12', 'python3.11', 'python3.10'];
const PROBE = `
import json, sys
try:
    import ensurepip, venv
    whole = True
except ImportError:
    whole = False
print(json.dumps({"path": sys.executable, "major": sys.version_info[0], "minor": sys.version_info[1], "whole": whole}))
`;

/** What a command named `name` is: null where there is no such Python. */
function probe(name) {
  const result = spawnSync(name, ['-c', PROBE], { encoding: 'utf8', timeout: 20_000 });
  if (result.status !== 0) {
    return null;
  }
  return JSON.parse(result.stdout);
}

const isNew = it => it.major === 3 && it.minor >= PYTHON_MINOR_MIN;

/**
 * The Python that the environment is made with.
 *
 * #### Notes
 * `$PYTHON` alone counts where it is set; else the first of the usual names
 * that is new enough and has its `venv` module. Throws a {@link Failure} that
 * says what to install.
 */
export function findPython(env = process.env) {
  const names = env.PYTHON ? [env.PYTHON] : NAMES;
  const found = names.map(probe).filter(Boolean);
  const fit = found.find(it => isNew(it) && it.whole);
  if (fit) {
    return fit.path;
  }
  const bare = found.find(isNew);
  if (bare) {
    throw new Failure(
      `Python 3.${bare.minor} (${bare.path}) lacks its "venv" module: install it (on Debian and Ubuntu: apt-get install python3.${bare.minor}-venv), then run the same command again.`
    );
  }
  const need = `Cellgrant needs Python 3.${PYTHON_MINOR_MIN} or newer`;
  const old = found[0];
  throw new Failure(
    old
      ? `${need}, but ${old.path} is Python ${old.major}.${old.minor}: install a newer one, or set the variable PYTHON to its path, then run the same command again.`
      : `${need}, but there is no ${env.PYTHON ?? 'python3'} here: install it (python.org, or your package manager), then run the same command again.`
  );
}

/** Make `.venv` with the locked Python packages, unless it is there. */
export function ensureVenv() {
  return ensure('.venv', 'requirements.lock', 'jupyter-lab', findPython);
}

/**
 * Make `.venv-libraries`, unless it is there: libraries that count CPUs, for tests of what
 * becomes of their threads, and for the measurement of it.
 */
export function ensureLibraries() {
  return ensure('.venv-libraries', 'requirements-libraries.txt', 'dask', () => inVenv('python'));
}

/** Make a Python environment with what a file names; `program` is one of those that come with it. */
function ensure(name, requirements, program, python) {
  const inputs = [requirements];
  const outputs = [`${name}/bin/python`, `${name}/bin/${program}`];
  const log = name.slice(1);
  return unlessDone(log, { inputs, outputs, stamp: inRoot(name, '.cellgrant-stamp') }, async () => {
    const maker = python();
    await step(`Making the Python environment in ${name}`, () =>
      mustRun(maker, ['-m', 'venv', inRoot(name)], {
        what: 'Making the Python environment (python -m venv)',
        log
      })
    );
    const what = 'Installing the Python packages (pip install)';
    const install = ['install', '--quiet', '--requirement', inRoot(requirements)];
    await step('Installing the Python packages', () =>
      pip(install, { what, log: `${log}-install`, python: inRoot(name, 'bin', 'python') })
    );
  });
}

/** Run pip in the environment. */
export function pip(args, { what, log, python = inVenv('python') }) {
  const options = ['--disable-pip-version-check', '--no-input', '--retries=2'];
  return mustRun(python, ['-m', 'pip', ...args, ...options], {
    what,
    log,
    explain: explainUnreachable('The Python packages', 'PIP_INDEX_URL=URL')
  });
}
