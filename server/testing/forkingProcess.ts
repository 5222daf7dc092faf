import { spawn, type ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';
import { DiskFiles } from '../host/files';
import { isAlive, readProcess } from '../host/processes';
import type { HolderProcess } from '../enforce/enforcer';
import type { ProcessKind } from './contractRig';

const files = new DiskFiles();

/**
 * Forks a sleeper for every line that it reads, and prints its pid; for a line `greedy` a fork
 * that stops itself, and takes all memory when it goes on; for `open PATH` one that opens that
 * file: then it prints what went wrong. For `swell` it takes memory and gives it back, for `compute`
 * it waits for a fork that computes.
 */
const PLAIN = `echo ready; while read what path; do case $what in
  open) echo "$( { : <"$path"; } 2>&1 )" ;;
  greedy) sh -c 'kill -STOP $$; exec tail /dev/zero' & echo $! ;;
  swell) x=$(head -c 16777216 /dev/zero | tr '\\0' x); unset x; echo ;;
  compute) (i=0; while [ $i -lt 100000 ]; do i=$((i+1)); done); echo ;;
  *) sleep 1000 & echo $! ;;
esac; done`;
/** The same in a process of many threads. */
const THREADED = `
const { spawn } = require('node:child_process');
require('node:fs').readFile('/dev/null', () => console.log('ready'));
process.stdin.on('data', () => console.log(spawn('sleep', ['1000']).pid));`;

/** Forks 500 sleepers that live for a second each, then waits. */
const FORKING =
  'echo ready; i=0; while [ $i -lt 500 ]; do sleep 1 & i=$((i+1)); done; read line; exit';

/** Keeps everything that it reads, as there might come a line end. */
const GREEDY = 'echo ready; read line; exec tail /dev/zero';

const PROGRAMS: Readonly<Record<ProcessKind, readonly [string, string, string]>> = {
  plain: ['/bin/sh', '-c', PLAIN],
  threaded: [process.execPath, '-e', THREADED],
  forking: ['/bin/sh', '-c', FORKING],
  greedy: ['/bin/sh', '-c', GREEDY]
};

/** A real process, outside of all places, that forks on demand. */
export class ForkingProcess {
  private static count = 0;
  readonly place: HolderProcess;
  private readonly ended: Promise<void>;

  private constructor(
    readonly child: ChildProcess,
    private readonly lines: AsyncIterator<string>
  ) {
    ForkingProcess.count += 1;
    const startTicks = readProcess(files, child.pid!)!.startTicks;
    this.place = { holderId: `k${ForkingProcess.count}`, pid: child.pid!, startTicks };
    this.ended = new Promise(resolve => child.once('exit', () => resolve()));
  }

  /** Resolves when the process runs. */
  static async start(kind: ProcessKind): Promise<ForkingProcess> {
    const [command, option, program] = PROGRAMS[kind];
    const child = spawn(command!, [option!, program!], { stdio: ['pipe', 'pipe', 'ignore'] });
    const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
    await lines.next();
    return new ForkingProcess(child, lines);
  }

  /** Make it fork; resolves with the child's pid. Only a plain one forks greedy children. */
  async fork(kind: 'plain' | 'greedy' = 'plain'): Promise<number> {
    this.child.stdin!.write(`${kind}\n`);
    return Number((await this.lines.next()).value);
  }

  /** Make a plain one open a file for reading; resolves with what went wrong, if anything. */
  async open(path: string): Promise<string> {
    this.child.stdin!.write(`open ${path}\n`);
    return String((await this.lines.next()).value);
  }

  /** Make a plain one take memory and give it back, or compute in a child; resolves when that is done. */
  async work(how: 'swell' | 'compute'): Promise<void> {
    this.child.stdin!.write(`${how}\n`);
    await this.lines.next();
  }

  /** Make a greedy one take memory; resolves when it is gone. */
  async exhaust(): Promise<void> {
    this.child.stdin!.write('go\n');
    await this.ended;
  }

  /** End it; resolves when it is reaped. */
  async kill(): Promise<void> {
    if (isAlive(files, this.place)) {
      this.child.kill('SIGKILL');
    }
    await this.ended;
  }
}
