import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { UNCONFINED, type Confinement } from '../server/core/effects';
import type { IEnforcer, HolderProcess } from '../server/enforce/enforcer';
import { probe } from '../server/enforce/probe';
import { DiskFiles } from '../server/host/files';
import { OwnDirectory } from '../server/host/ownDirectory';
import { readProcess, readThreads } from '../server/host/processes';
import type { TierName } from '../server/protocol/view';
import { quantilesOf } from './statistics';

/** One operation of one tier. */
export type Row = {
  /** With a word more where the machine was an emulated one. */
  readonly tier: string;
  readonly operation: string;
  readonly p50us: number;
  readonly p99us: number;
};

/** The operation that gives a cell what it was granted: CPUs, weight and memory. */
export const GRANT = 'grant';
/** Five grants to a whole life of a holder, adoption and release. */
const GRANTS_PER_LIFE = 5;
/** Masks take so much longer that there are fewer of them. */
const GRANTS_PER_MASK = 10;
/** The same work in every tier: tells how fast the machine is. */
const YARDSTICK = 'yardstick: read /proc/PID/stat';
const MIB = 1024 ** 2;

/** As many threads as a kernel has, asleep. */
const SLEEPER =
  "require('node:fs').readFile('/dev/null', () => console.log('up')); setInterval(() => 0, 1e6)";

const files = new DiskFiles();

/** Times operations, each by its name. */
class Stopwatch {
  private readonly samples = new Map<string, number[]>();

  time(operation: string, work: () => void): void {
    const before = process.hrtime.bigint();
    work();
    this.add(operation, before);
  }

  async timeAsync(operation: string, work: () => Promise<void>): Promise<void> {
    const before = process.hrtime.bigint();
    await work();
    this.add(operation, before);
  }

  rows(tier: TierName): readonly Row[] {
    return [...this.samples].map(([operation, samples]) => {
      const { p50, p99 } = quantilesOf(samples, 1);
      return { tier, operation, p50us: p50, p99us: p99 };
    });
  }

  private add(operation: string, before: bigint): void {
    const samples = this.samples.get(operation) ?? [];
    samples.push(Number(process.hrtime.bigint() - before) / 1000);
    this.samples.set(operation, samples);
  }
}

async function startHolder(): Promise<{
  readonly child: ChildProcess;
  readonly place: HolderProcess;
}> {
  const child = spawn(process.execPath, ['-e', SLEEPER], { stdio: ['ignore', 'pipe', 'ignore'] });
  await new Promise(resolve => child.stdout.once('data', resolve));
  const { startTicks } = readProcess(files, child.pid!)!;
  return { child, place: { holderId: 'bench', pid: child.pid!, startTicks } };
}

/** What a cell is given and what is taken back after it, over and over. */
async function timeGrants(
  watch: Stopwatch,
  enforcer: IEnforcer,
  { holderId }: HolderProcess,
  cpus: readonly number[],
  grants: number
): Promise<void> {
  const isAffinity = enforcer.tier.name === 'affinity';
  for (let round = 0; round < (isAffinity ? grants / GRANTS_PER_MASK : grants); round += 1) {
    const granted: Confinement = {
      ...UNCONFINED,
      cpus: [cpus[round % cpus.length]!],
      memoryBytes: (512 + (round % 2)) * MIB
    };
    watch.time(GRANT, () => enforcer.confine(holderId, granted));
    if (isAffinity) {
      await watch.timeAsync(`${GRANT}, until every mask is set`, () => enforcer.settled());
    }
    watch.time('same grant again', () => enforcer.confine(holderId, granted));
    watch.time('measure', () => enforcer.measure(holderId));
    watch.time(YARDSTICK, () => readProcess(files, process.pid));
    watch.time('take back', () => enforcer.confine(holderId, { ...UNCONFINED, idle: true }));
    await enforcer.settled();
  }
}

/**
 * What one tier costs here, in Node, on a process of a kernel's number of
 * threads; no rows where it does not work.
 *
 * #### Notes
 * `grant` changes CPUs, weight and memory at once, so it is three to five
 * writes. In the affinity tier it only begins the work; the row after it tells
 * when every mask is set.
 */
export async function timeTier(tier: TierName, grants: number): Promise<readonly Row[]> {
  const dir = mkdtempSync(join(tmpdir(), 'cellgrant-bench-'));
  const failures: string[] = [];
  const { enforcer, node } = await probe({
    own: OwnDirectory.open(dir, it => void failures.push(it)),
    tier,
    onFailure: (_, failure) => void failures.push(failure.message),
    onBroughtBack: (_, what) => void failures.push(what)
  });
  const watch = new Stopwatch();
  if (enforcer.tier.name === tier) {
    const { child, place } = await startHolder();
    enforcer.adopt(place);
    await timeGrants(
      watch,
      enforcer,
      place,
      node.cpus.map(it => it.id),
      grants
    );
    for (let life = 0; life < grants / GRANTS_PER_LIFE; life += 1) {
      watch.time('release', () => enforcer.release(place.holderId));
      await enforcer.settled();
      watch.time(`adopt, ${readThreads(files, place.pid).length} threads`, () =>
        enforcer.adopt(place)
      );
    }
    child.kill('SIGKILL');
  }
  await enforcer.close();
  rmSync(dir, { recursive: true });
  if (failures.length > 0) {
    throw new Error(`${tier}: ${failures[0]}`);
  }
  return watch.rows(tier);
}
