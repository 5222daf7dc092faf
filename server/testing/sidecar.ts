import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { mkdtempSync, readFileSync, readdirSync, readlinkSync } from 'node:fs';
import { request, type OutgoingHttpHeaders } from 'node:http';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';

import { groupNameOf, groupsCalled } from './places';

const ROOT = join(__dirname, '..', '..');

/** What `main.cjs` prints when it listens. */
type Ready = {
  readonly ready: boolean;
  readonly pid: number;
  readonly gate: string;
  readonly api: string;
  tier: string;
};

/** An answer of the API. */
export type Answer = { readonly status: number; readonly body: unknown };

/** The bundle of the present source, made once a test file; each worker has its own. */
let bundle: string | null = null;

/** The sidecar's bundle; its thread of history is beside it. */
export function bundled(): string {
  if (!bundle) {
    const path = join(ROOT, 'build', `sidecar-${process.env['JEST_WORKER_ID'] ?? '1'}`, 'main.cjs');
    const made = spawnSync(process.execPath, ['scripts/bundle.mjs', path], {
      cwd: ROOT,
      encoding: 'utf8'
    });
    if (made.status !== 0) {
      throw new Error(`the sidecar was not bundled: ${made.stderr}`);
    }
    bundle = path;
  }
  return bundle;
}

/** A directory short enough for sockets. */
export function shortDirectory(): string {
  return mkdtempSync('/tmp/cg-');
}

/** Where a sidecar is started, and from what; a plain process of this test by default. */
export type Surroundings = {
  readonly dir: string;
  /** Where its file system begins for others, if it has one of its own. */
  readonly root?: string;
  /** A command that becomes the one behind it, such as `nsenter`. */
  readonly through?: readonly string[];
  /** Options of Node. */
  readonly nodeOptions?: readonly string[];
  /** The stream that is its stdin. */
  readonly stdin?: Readable;
  /** Another bundle than that of the present source. */
  readonly program?: string;
};

/** As the product starts it: jupyterlab_cellgrant/sidecar_process.py says why. */
const NODE_OPTIONS = ['--max-semi-space-size=8'];

/** Each directory is a node of its own, for tests that run beside each other: ENF11 would end them. */
function scopeOf(args: readonly string[]): string {
  const dir = args[args.indexOf('--dir') + 1] ?? '';
  return dir.replace(/[^A-Za-z0-9_.-]/g, '_').slice(-40);
}

/** Start the bundle without waiting for anything; for starts that fail or are cut short. */
export function spawnSidecar(args: readonly string[], around: Partial<Surroundings> = {}) {
  const { through = [], nodeOptions = [], stdin = 'pipe', program = bundled() } = around;
  const node = [process.execPath, ...NODE_OPTIONS, ...nodeOptions];
  const command = [...through, ...node, program, ...args];
  // A test's own variables: without this, those that the test runner was started with.
  const env = { CELLGRANT_SCOPE: scopeOf(args), ...process.env };
  return spawn(command[0]!, command.slice(1), {
    stdio: [stdin, 'pipe', 'pipe'],
    env
  }) as ChildProcess;
}

/** Resolves to the exit code, or to the signal that ended the process. */
export function exitOf(child: ChildProcess): Promise<number | string | null> {
  return new Promise(resolve => {
    if (child.exitCode !== null || child.signalCode !== null) {
      resolve(child.exitCode ?? child.signalCode);
    }
    child.once('exit', (code, signal) => resolve(code ?? signal));
  });
}

/** Everything that a stream says until it ends. */
export async function textOf(stream: NodeJS.ReadableStream): Promise<string> {
  let text = '';
  for await (const chunk of stream) {
    text += String(chunk);
  }
  return text;
}

/** A real sidecar process in a directory of its own. */
export class TestSidecar {
  /** What it logged so far. */
  log = '';
  private readonly groupName: string;

  private constructor(
    private readonly child: ChildProcess,
    readonly dir: string,
    private readonly root: string,
    private readonly ready: Ready
  ) {
    child.stderr!.on('data', chunk => (this.log += String(chunk)));
    this.groupName = groupNameOf(dir, root);
  }

  /** Start one, and wait until it listens. */
  static start(dir: string, ...args: readonly string[]): Promise<TestSidecar> {
    return TestSidecar.startIn({ dir }, ...args);
  }

  /** Start one in surroundings of the test's making, and wait until it listens. */
  static async startIn(around: Surroundings, ...args: readonly string[]): Promise<TestSidecar> {
    const { dir, root = '' } = around;
    const child = spawnSidecar(['--dir', dir, ...args], around);
    for await (const line of createInterface({ input: child.stdout! })) {
      const ready = JSON.parse(line) as Ready;
      if (ready.ready) {
        return new TestSidecar(child, dir, root, ready);
      }
    }
    throw new Error(`the sidecar did not start: ${await textOf(child.stderr!)}`);
  }

  get pid(): number {
    return this.ready.pid;
  }

  get tier(): string {
    return this.ready.tier;
  }

  get gatePath(): string {
    return this.root + this.ready.gate;
  }

  get apiPath(): string {
    return this.root + this.ready.api;
  }

  /** Ask for a graceful stop; resolves to the exit code. */
  stop(): Promise<number | string | null> {
    this.child.kill('SIGTERM');
    return exitOf(this.child);
  }

  /** Kill it as a crash would. */
  kill(): Promise<number | string | null> {
    this.child.kill('SIGKILL');
    return exitOf(this.child);
  }

  /** Send it a signal that does not end it. */
  signal(name: NodeJS.Signals): void {
    this.child.kill(name);
  }

  /** Let it open no descriptor from this number on. */
  limitDescriptors(max: number): void {
    const made = spawnSync('prlimit', ['--pid', `${this.pid}`, `--nofile=${max}:`]);
    if (made.status !== 0) {
      throw new Error(`prlimit: ${made.stderr}`);
    }
  }

  /** Resolves when it has ended by itself. */
  ended(): Promise<number | string | null> {
    return exitOf(this.child);
  }

  /** Directories that it made in the cgroup tree and that are still there. */
  places(): readonly string[] {
    return groupsCalled(this.groupName);
  }

  /** Inodes of the sockets that the process has open. */
  openSockets(): readonly string[] {
    return readdirSync(`/proc/${this.pid}/fd`).flatMap(name => {
      const target = readlinkSync(`/proc/${this.pid}/fd/${name}`);
      return /^socket:\[(\d+)\]$/.exec(target)?.[1] ?? [];
    });
  }

  /** One request of the API; `body` goes out as it is. */
  ask(
    method: string,
    path: string,
    body?: string | Buffer,
    headers?: OutgoingHttpHeaders
  ): Promise<Answer> {
    return askSocket(this.apiPath, method, path, body, headers);
  }
}

/** One request of the API that listens there; `body` goes out as it is. */
export function askSocket(
  socketPath: string,
  method: string,
  path: string,
  body?: string | Buffer,
  headers: OutgoingHttpHeaders = {}
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const asked = request({ socketPath, method, path, headers }, response => {
      textOf(response).then(text => {
        const { statusCode: status = 0, headers: it } = response;
        const isJson = it['content-type']?.startsWith('application/json');
        resolve({ status, body: text && isJson ? JSON.parse(text) : text || null });
      }, reject);
    });
    asked.on('error', reject);
    asked.end(body);
  });
}

/** Field 22 of /proc/PID/stat. */
export function startTicksOf(pid: number): number {
  const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
  return Number(text.slice(text.lastIndexOf(')') + 2).split(' ')[19]);
}
