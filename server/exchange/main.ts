import { chmodSync, closeSync, openSync, renameSync, rmSync } from 'node:fs';
import { getSystemErrorMap } from 'node:util';

import { addedIn, flatOf, type Flat } from './flat';
import { formatOf } from './formats';
import { replayOf } from './replaying';
import { Adding, executionsOf } from './sidecar';

/*
 * `exchange.cjs export SOCKET FILE QUERY`, `import SOCKET FILE` and `replay SOCKET FILE QUERY` (no FILE: what the
 * query finds), for jupyterlab_cellgrant/commands: what came of it as JSON on stdout, or a sentence on stderr.
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
    await adding.add(addedIn(row, adding.read + 1));
  }
  await adding.flush();
  return { rows: adding.read, added: adding.added };
}

function carryOut(action: string, socket: string, file: string, query: string): Promise<object> {
  switch (action) {
    case 'export':
      return exportTo(socket, file, query);
    case 'import':
      return importFrom(socket, file);
    default:
      return replayOf(socket, file || null, query);
  }
}

/** What is wrong, without the names of system calls. */
function messageOf({ errno, message }: NodeJS.ErrnoException): string {
  return getSystemErrorMap().get(errno ?? 0)?.[1] ?? message;
}

async function run(): Promise<void> {
  const [, , action = '', socket = '', file = '', query = ''] = process.argv;
  try {
    process.stdout.write(`${JSON.stringify(await carryOut(action, socket, file, query))}\n`);
  } catch (failure) {
    const message = messageOf(failure as NodeJS.ErrnoException);
    process.stderr.write(`${file && `${file}: `}${message}${/[.!?]$/.test(message) ? '' : '.'}\n`);
    process.exitCode = 1;
  }
}

void run();
