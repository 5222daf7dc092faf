import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { formatCpuList } from '../lib/cpuset';
import { V1, V2, findHierarchies } from '../host/cgroupfs';
import { DiskFiles, readNumberOrNull, readOrNull } from '../host/files';
import { isAlive, readMask, readProcess, readThreads } from '../host/processes';
import { readCapacity } from '../host/topology';
import type { Place } from '../enforce/enforcer';
import { groupName, probe } from '../enforce/probe';
import type { TierName } from '../protocol/view';
import type { ContractRig } from './enforcerContract';

const files = new DiskFiles();
const UNLIMITED_BYTES = 2 ** 62;

/** Forks a sleeper for every line that it reads, and prints its pid. */
const FORKER = 'echo ready; while read line; do sleep 1000 & echo $!; done';
/** The same in a process of many threads. */
const THREADED_FORKER = `
const { spawn } = require('node:child_process');
require('node:fs').readFile('/dev/null', () => console.log('ready'));
process.stdin.on('data', () => console.log(spawn('sleep', ['1000']).pid));`;

/** Whether a tier can be tried here: its cgroups can be made; else why not. */
export async function whyNot(tier: TierName): Promise<string | null> {
  const dir = mkdtempSync(join(tmpdir(), 'cellgrant-'));
  const { enforcer } = await probe({ dir, tier, onFailure: () => undefined });
  await enforcer.close();
  rmSync(dir, { recursive: true });
  return enforcer.tier.name === tier ? null : enforcer.tier.reason;
}

/** The contract's rig on this very machine, with real processes. */
export function realRig(tier: TierName): ContractRig {
  const dir = mkdtempSync(join(tmpdir(), 'cellgrant-'));
  const cpus = readCapacity(files).cpus.map(it => it.id);
  const failures: string[] = [];
  const children = new Map<number, RealProcess>();
  const forks: number[] = [];
  const isCgroup = tier.startsWith('cgroup');

  const groups = (): readonly string[] =>
    findHierarchies(files)
      .map(it => `${it.directory.replace(/\/cellgrant-server$/, '')}/${groupName(dir)}`)
      .filter(group => readOrNull(files, `${group}/${V1.procs}`) !== null);
  const read = (holderId: string, ...names: readonly string[]): number | null =>
    groups()
      .flatMap(group => names.map(name => readNumberOrNull(files, `${group}/${holderId}/${name}`)))
      .find(value => value !== null) ?? null;

  return {
    traits: {
      confinesCpus: tier !== 'none',
      limitsMemory: isCgroup,
      weighs: isCgroup,
      findsPlaces: tier !== 'none',
      isolates: isCgroup
    },
    cpus: formatCpuList(cpus),
    oneCpu: `${cpus.at(-1)}`,
    start: async () => {
      const onFailure = (holderId: string, failure: Error): void =>
        void failures.push(`${holderId}: ${failure.message}`);
      return (await probe({ dir, tier, onFailure })).enforcer;
    },
    spawn: async (kind = 'plain') => {
      const child = await RealProcess.start(kind);
      children.set(child.pid, child);
      return child.place;
    },
    fork: async parent => {
      const pid = await children.get(parent.pid)!.fork();
      forks.push(pid);
      return pid;
    },
    kill: async pid => children.get(pid)!.kill(),
    isAlive: pid => readProcess(files, pid) !== null,
    masks: pid => {
      const masks = readThreads(files, pid).map(tid => readMask(files, pid, tid) ?? 'gone');
      return [...new Set(masks)];
    },
    isInside: (holderId, pid) =>
      groups().length > 0 &&
      groups().every(group =>
        (readOrNull(files, `${group}/${holderId}/${V1.procs}`) ?? '').split('\n').includes(`${pid}`)
      ),
    memoryLimit: holderId => {
      const limit = read(holderId, V1.memoryLimit, V2.memoryMax);
      return limit === null || limit > UNLIMITED_BYTES ? null : limit;
    },
    memoryUse: holderId => read(holderId, V1.memoryUsage, V2.memoryCurrent) ?? 0,
    weight: holderId => {
      const shares = read(holderId, V1.shares);
      const idle = read(holderId, V1.idle, V2.idle) ?? (shares === 2 ? 1 : 0);
      return idle === 1 ? 'idle' : shares ? Math.round(shares / 10.24) : read(holderId, V2.weight)!;
    },
    leftovers: groups,
    failures: () => failures,
    dispose: async () => {
      forks.filter(pid => readProcess(files, pid)).forEach(pid => process.kill(pid, 'SIGKILL'));
      await Promise.all([...children.values()].map(child => child.kill()));
      rmSync(dir, { recursive: true });
    }
  };
}

/** A child process that forks on demand. */
class RealProcess {
  private static count = 0;
  readonly place: Place;
  private readonly ended: Promise<void>;

  private constructor(
    private readonly child: ChildProcess,
    private readonly lines: AsyncIterator<string>
  ) {
    RealProcess.count += 1;
    const startTicks = readProcess(files, child.pid!)!.startTicks;
    this.place = { holderId: `k${RealProcess.count}`, pid: child.pid!, startTicks };
    this.ended = new Promise(resolve => child.once('exit', () => resolve()));
  }

  static async start(kind: 'plain' | 'threaded'): Promise<RealProcess> {
    const [command, option, program] =
      kind === 'plain' ? ['/bin/sh', '-c', FORKER] : [process.execPath, '-e', THREADED_FORKER];
    const child = spawn(command!, [option!, program!], { stdio: ['pipe', 'pipe', 'ignore'] });
    const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
    await lines.next();
    return new RealProcess(child, lines);
  }

  get pid(): number {
    return this.place.pid;
  }

  async fork(): Promise<number> {
    this.child.stdin!.write('fork\n');
    return Number((await this.lines.next()).value);
  }

  async kill(): Promise<void> {
    if (isAlive(files, this.place)) {
      this.child.kill('SIGKILL');
    }
    await this.ended;
  }
}
