import { chmodSync, closeSync, openSync, renameSync, rmSync } from 'node:fs';
import { extname } from 'node:path';

import { executionIn, flatOf, type Flat } from './flat';
import { FORMATS, type Format } from './formats';
import { Adding, executionsOf } from './sidecar';

/*
 * `exchange.cjs export SOCKET FILE QUERY` and `import SOCKET FILE`, for jupyterlab_cellgrant/commands:
 * what was done as JSON on stdout, or a sentence on stderr.
 */

type Done = Readonly<Record<string, number>>;

/** Write what a query finds to a file, which is replaced when all of it is there. */
async function exportTo(socket: string, file: string, query: string): Promise<Done> {
  const format = formatOf(file);
  const draft = `${file}.part`;
  let rows = 0;
  async function* counted(): AsyncIterable<Flat> {
    for await (const execution of executionsOf(socket, query)) {
      rows += 1;
      yield flatOf(execution);
    }
  }
  try {
    // What people ran concerns nobody else.
    closeSync(openSync(draft, 'w', 0o600));
    chmodSync(draft, 0o600);
    await format.write(draft, counted());
    renameSync(draft, file);
  } catch (failure) {
    rmSync(draft, { force: true });
    throw failure;
  }
  return { rows };
}

/** Add what a file has, but for what is there already. */
async function importFrom(socket: string, file: string): Promise<Done> {
  const adding = new Adding(socket);
  for await (const row of formatOf(file).read(file)) {
    await adding.add(executionIn(row, adding.read + 1));
  }
  await adding.flush();
  return { rows: adding.read, added: adding.added };
}

function formatOf(file: string): Format {
  const format = FORMATS[extname(file).slice(1).toLowerCase()];
  if (!format) {
    throw new Error(`expected a name that ends with .${Object.keys(FORMATS).join(', .')}`);
  }
  return format;
}

async function run(): Promise<void> {
  const [, , action, socket = '', file = '', query = ''] = process.argv;
  try {
    const done = await (action === 'export'
      ? exportTo(socket, file, query)
      : importFrom(socket, file));
    process.stdout.write(`${JSON.stringify(done)}\n`);
  } catch (failure) {
    const { message } = failure as Error;
    process.stderr.write(`${file}: ${message}${/[.!?]$/.test(message) ? '' : '.'}\n`);
    process.exitCode = 1;
  }
}

void run();
