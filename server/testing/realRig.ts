import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { CpuSet } from '../protocol/cpuset';
import { LEAF, V1, V2, findHierarchies, withoutLeaf } from '../host/cgroupfs';
import { DiskFiles, readNumberOrNull, readOrNull } from '../host/files';
import type { DeviceNode } from '../host/gpuDevices';
import { OwnDirectory } from '../host/ownDirectory';
import { readProcess, readThreads, readTree } from '../host/processes';
import { readCapacity } from '../host/topology';
import type { IEnforcer, HolderProcess } from '../enforce/enforcer';
import { setMaskByTaskset } from '../enforce/affinity/taskset';
import { placeName } from '../enforce/cgroup/group';
import { probe } from '../enforce/probe';
import type { TierName } from '../protocol/view';
import { traitsOf, until, widest, type IContractRig, type ProcessKind } from './contractRig';
import { ForkingProcess } from './forkingProcess';
import { distinctMasks } from './masks';
import { groupNameOf, groupsCalled } from './places';
import { MadeUpDriver } from './madeUpGpus';

const UNLIMITED_BYTES = 2 ** 62;
const EXHAUST_MAX_MS = 60_000;

/** The contract's rig on this very machine, with real processes. */
export class RealRig implements IContractRig {
  readonly traits;
  readonly cpus: CpuSet;
  readonly oneCpu: CpuSet;
  private readonly files = new DiskFiles();
  private readonly dir = mkdtempSync(join(tmpdir(), 'cellgrant-'));
  private readonly groupName = groupNameOf(this.dir);
  private beside: string | null = null;
  private readonly told: string[] = [];
  private readonly loosened: string[] = [];
  private driver: MadeUpDriver | null = null;
  private readonly children = new Map<number, ForkingProcess>();
  private readonly forks: number[] = [];

  constructor(
    private readonly tier: TierName,
    fencesGpus = false
  ) {
    this.cpus = readCapacity(this.files).cpus.map(it => it.id);
    this.oneCpu = this.cpus.slice(-1);
    this.traits = traitsOf(tier, fencesGpus);
  }

  start(fencesGpus?: boolean): Promise<IEnforcer> {
    return this.startIn(this.dir, fencesGpus);
  }

  startBeside(): Promise<IEnforcer> {
    this.beside ??= mkdtempSync(join(tmpdir(), 'cellgrant-'));
    return this.startIn(this.beside);
  }

  private async startIn(dir: string, fencesGpus?: boolean): Promise<IEnforcer> {
    const { tier } = this;
    this.driver ??= fencesGpus ? new MadeUpDriver() : null;
    const gpus = this.driver ? { command: this.driver.command, visible: undefined } : {};
    const onFailure = (holderId: string, failure: Error): void =>
      void this.told.push(`${holderId}: ${failure.message}`);
    const onBroughtBack = (holderId: string, what: string): void =>
      void this.loosened.push(`${holderId}: ${what}`);
    const own = OwnDirectory.open(dir, it => void this.told.push(it));
    const listeners = { onFailure, onBroughtBack };
    const { enforcer } = await probe({ own, tier, ...listeners, gpus, fencesGpus });
    if (enforcer.tier.name !== tier) {
      await enforcer.close();
      throw new Error(`${tier} does not work here: ${enforcer.tier.reason}`);
    }
    return enforcer;
  }

  async spawn(kind: ProcessKind = 'plain'): Promise<HolderProcess> {
    const child = await ForkingProcess.start(kind);
    this.children.set(child.place.pid, child);
    return child.place;
  }

  async fork(parent: HolderProcess): Promise<number> {
    const pid = await this.children.get(parent.pid)!.fork();
    this.forks.push(pid);
    return pid;
  }

  async forkHolder(
    parent: HolderProcess,
    kind: 'plain' | 'greedy' = 'plain'
  ): Promise<HolderProcess> {
    const pid = await this.children.get(parent.pid)!.fork(kind);
    this.forks.push(pid);
    const { startTicks } = readProcess(this.files, pid)!;
    return { holderId: `${parent.holderId}.${this.forks.length}`, pid, startTicks };
  }

  async canOpen({ pid }: HolderProcess, { major, minor }: DeviceNode): Promise<boolean> {
    const path = join(this.dir, `${major}-${minor}`);
    if (!existsSync(path)) {
      execFileSync('mknod', [path, 'c', `${major}`, `${minor}`]);
    }
    const said = await this.children.get(pid)!.open(path);
    if (!/not permitted|No such device/.test(said)) {
      throw new Error(`${path} cannot tell whether it may be opened: ${said}`);
    }
    return !said.includes('not permitted');
  }

  swell({ pid }: HolderProcess): Promise<void> {
    return this.children.get(pid)!.work('swell');
  }

  compute({ pid }: HolderProcess): Promise<void> {
    return this.children.get(pid)!.work('compute');
  }

  async exhaust({ pid }: HolderProcess): Promise<void> {
    const child = this.children.get(pid);
    if (child) {
      return child.exhaust();
    }
    await until('it waits', () => readProcess(this.files, pid)?.state === 'T');
    process.kill(pid, 'SIGCONT');
    // To fill its memory takes an emulated machine long.
    await until('it was killed', () => !this.isAlive(pid), EXHAUST_MAX_MS);
  }

  async escape({ pid }: HolderProcess): Promise<void> {
    for (const { directory, controllers } of findHierarchies(this.files)) {
      if (controllers.length > 0 && this.traits.isolates) {
        this.files.write(`${directory}/${V1.procs}`, `${pid}`);
      }
    }
    await setMaskByTaskset(pid, this.cpus);
  }

  widen(holderId: string): void {
    for (const group of this.groups()) {
      for (const [file, text] of widest(this.cpus)) {
        const path = `${group}/${placeName(holderId)}/${file}`;
        readOrNull(this.files, path) !== null && this.files.write(path, text);
      }
    }
  }

  async uproot(target: HolderProcess): Promise<void> {
    await this.escape(target);
    for (const group of this.groups()) {
      this.files.removeDirectory(`${group}/${placeName(target.holderId)}`);
      this.files.removeDirectory(group);
    }
  }

  tree(target: HolderProcess): readonly number[] {
    return readTree(this.files, target.pid);
  }

  async kill(pid: number): Promise<void> {
    const child = this.children.get(pid);
    if (child) {
      return child.kill();
    }
    process.kill(pid, 'SIGKILL');
    await until('it is gone', () => !this.isAlive(pid));
  }

  isAlive(pid: number): boolean {
    // A zombie is gone for its cgroup.
    const process = readProcess(this.files, pid);
    return process !== null && process.state !== 'Z';
  }

  masks(pid: number): readonly CpuSet[] {
    return distinctMasks(this.files, pid, readThreads(this.files, pid));
  }

  isInside(holderId: string, pid: number): boolean {
    const lists = this.groups().map(group =>
      (readOrNull(this.files, `${group}/${placeName(holderId)}/${V1.procs}`) ?? '').split('\n')
    );
    return lists.length > 0 && lists.every(list => list.includes(`${pid}`));
  }

  memoryLimit(holderId: string): number | null {
    const limit = this.read(holderId, V1.memoryLimit, V2.memoryMax);
    return limit === null || limit > UNLIMITED_BYTES ? null : limit;
  }

  memoryUse(holderId: string): number {
    return this.read(holderId, V1.memoryUsage, V2.memoryCurrent) ?? 0;
  }

  weight(holderId: string): number | 'idle' {
    const shares = this.read(holderId, V1.shares);
    if (shares === 2 || this.read(holderId, V1.idle, V2.idle) === 1) {
      return 'idle';
    }
    return shares ? Math.round(shares / 10.24) : this.read(holderId, V2.weight)!;
  }

  leftovers(): readonly string[] {
    const leaves = findHierarchies(this.files)
      .map(it => `${withoutLeaf(it.directory)}/${LEAF}`)
      .filter(path => readOrNull(this.files, `${path}/${V1.procs}`) !== null);
    return [...this.groups(), ...leaves];
  }

  failures(): readonly string[] {
    return this.told;
  }

  broughtBack(): readonly string[] {
    return this.loosened;
  }

  async dispose(): Promise<void> {
    this.forks.filter(pid => this.isAlive(pid)).forEach(pid => process.kill(pid, 'SIGKILL'));
    await Promise.all([...this.children.values()].map(child => child.kill()));
    this.driver?.remove();
    [this.dir, this.beside].forEach(dir => dir && rmSync(dir, { recursive: true }));
  }

  /** The directories of this rig's first sidecar that hold all holders' directories. */
  private groups(): readonly string[] {
    return groupsCalled(this.groupName);
  }

  /** The first of the files that one of the holder's directories has. */
  private read(holderId: string, ...names: readonly string[]): number | null {
    const values = this.groups().flatMap(group =>
      names.map(name => readNumberOrNull(this.files, `${group}/${placeName(holderId)}/${name}`))
    );
    return values.find(value => value !== null) ?? null;
  }
}
