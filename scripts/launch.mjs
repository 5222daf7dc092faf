import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { createServer } from 'node:net';
import path from 'node:path';
import process from 'node:process';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';

import { prepare } from './prepare/index.mjs';
import { inRoot, inVenv } from './prepare/places.mjs';
import { Failure, runTask, say } from './prepare/say.mjs';
import { tourWorkspaces } from './tour/workspaces.mjs';

const HOST = '127.0.0.1';
const PORT_DEFAULT = 8888;
const PORTS_TRIED = 50;
const READY_WITHIN_MS = 60_000;
const PARENT_EVERY_MS = 1000;

const HELP = `Start JupyterLab with Cellgrant on examples/tour.ipynb.

Usage: npm start [-- OPTIONS]

  --port N       listen on this port; without it, the first free one from ${PORT_DEFAULT}
  --no-browser   do not open a browser; the URL is printed either way
  --verbose      show Jupyter's whole log, not only its warnings
  --help         show this
`;

/** Install and build what is missing, then run JupyterLab until it is stopped. */
export function main() {
  return runTask(async () => {
    const options = parse(process.argv.slice(2));
    if (options.help) {
      console.log(HELP);
      return;
    }
    const port = await choosePort(options.port);
    await prepare();
    await serve(port, options);
  });
}

function parse(args) {
  try {
    const { values } = parseArgs({
      args,
      options: {
        port: { type: 'string' },
        'no-browser': { type: 'boolean', default: false },
        verbose: { type: 'boolean', default: false },
        help: { type: 'boolean', short: 'h', default: false }
      }
    });
    return values;
  } catch (error) {
    throw new Failure(`${error.message.split('\n')[0]}\n\n${HELP}`);
  }
}

async function choosePort(asked) {
  if (asked === undefined) {
    const port = await freePortFrom(PORT_DEFAULT);
    if (port !== PORT_DEFAULT) {
      say(`Port ${PORT_DEFAULT} is in use, so this will run on port ${port}.`);
    }
    return port;
  }
  const port = Number(asked);
  if (!Number.isInteger(port) || port < 1 || port > 65535) {
    throw new Failure(`"--port ${asked}" is not a port: give a number from 1 to 65535.`);
  }
  const why = await whyNotFree(port);
  if (why === 'EACCES') {
    throw new Failure(
      `Port ${port} may only be used by root: choose one above 1023, for example npm start -- --port ${await freePortFrom(PORT_DEFAULT)}.`
    );
  }
  if (why) {
    throw new Failure(
      `Port ${port} is in use by another program: stop that, or choose another port, for example npm start -- --port ${await freePortFrom(Math.min(port + 1, 65000))}.`
    );
  }
  return port;
}

/** Why a port cannot be listened on, as an errno name; null where it can. */
function whyNotFree(port) {
  return new Promise(resolve => {
    const server = createServer();
    server.once('error', error => resolve(error.code));
    server.listen({ host: HOST, port }, () => server.close(() => resolve(null)));
  });
}

async function freePortFrom(first) {
  for (let port = first; port < first + PORTS_TRIED; port += 1) {
    if ((await whyNotFree(port)) === null) {
      return port;
    }
  }
  throw new Failure(
    `Ports ${first} to ${first + PORTS_TRIED - 1} are all in use: choose another one with npm start -- --port N.`
  );
}

async function serve(port, options) {
  const token = randomBytes(24).toString('hex');
  const url = `http://${HOST}:${port}/lab/tree/tour.ipynb?token=${token}`;
  say('Starting JupyterLab ...');
  const server = spawn(inVenv('jupyter-lab'), flagsOf(port, options), {
    cwd: inRoot('examples'),
    stdio: ['ignore', 'inherit', 'inherit'],
    env: {
      ...process.env,
      // By environment: a command line is everyone's to read.
      JUPYTER_TOKEN: token,
      // As where the environment is activated: its terminals and cells find `cellgrant`.
      PATH: `${inVenv('')}${path.delimiter}${process.env['PATH'] ?? ''}`
    }
  });
  const ended = new Promise(resolve => {
    server.once('error', error => resolve({ code: 127, why: error.message }));
    server.once('exit', (code, signal) => resolve({ code, why: signal ?? `exit code ${code}` }));
  });
  endWithUs(server);
  const early = await Promise.race([ended, whenReady(port, token)]);
  if (early) {
    throw new Failure(`JupyterLab ended before it was ready (${early.why}); see its last lines.`);
  }
  say(`Ready. JupyterLab with Cellgrant runs at\n\n    ${url}\n`);
  say('Stop it with Control-C.');
  const { code } = await ended;
  process.exitCode = code ?? 0;
}

function flagsOf(port, options) {
  return [
    'tour.ipynb',
    `--ServerApp.ip=${HOST}`,
    `--ServerApp.port=${port}`,
    '--ServerApp.port_retries=0',
    `--LabApp.workspaces_dir=${tourWorkspaces()}`,
    ...(options['no-browser'] ? ['--no-browser'] : []),
    ...(options.verbose ? [] : ['--Application.log_level=WARN']),
    ...(process.getuid?.() === 0 ? ['--allow-root'] : [])
  ];
}

/**
 * End Jupyter when this is asked to end, or when npm is gone.
 *
 * #### Notes
 * At Control-C a terminal sends SIGINT to both processes; Jupyter would ask
 * for a confirmation, which nobody can give it without standard input, so it
 * is asked to end at once. A signal to npm ends only npm and its shell.
 */
function endWithUs(server) {
  const end = () => server.kill('SIGTERM');
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
    process.on(signal, end);
  }
  const parent = process.ppid;
  const watch = setInterval(() => process.ppid !== parent && end(), PARENT_EVERY_MS);
  server.once('exit', () => clearInterval(watch));
}

async function whenReady(port, token) {
  const headers = { Authorization: `token ${token}` };
  const endMs = Date.now() + READY_WITHIN_MS;
  while (Date.now() < endMs) {
    try {
      const answer = await fetch(`http://${HOST}:${port}/api/status`, { headers });
      if (answer.ok) {
        return null;
      }
    } catch (error) {
      // Refused until it listens; anything else is not a matter of waiting.
      if (error.cause?.code !== 'ECONNREFUSED') {
        throw error;
      }
    }
    await sleep(100);
  }
  throw new Failure(
    `JupyterLab did not answer within ${READY_WITHIN_MS / 1000} s; run npm start -- --verbose to see why.`
  );
}
