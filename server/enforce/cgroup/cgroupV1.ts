import type { Confinement } from '../../core/effects';
import type { CpuPinning } from '../../protocol/grant';
import type { TierView } from '../../protocol/view';
import type { CpuSet } from '../../protocol/cpuset';
import { V1, type Hierarchy } from '../../host/cgroupfs';
import { readNumberOrNull, readOrNull, type IHostFiles } from '../../host/files';
import type { LockDirectory } from '../../host/locks';
import { readAnonymousBytes, readTreeUse } from '../../host/processes';
import {
  EnforcementError,
  holds,
  type IEnforcer,
  type HolderProcess,
  type TreeUse
} from '../enforcer';
import { attempt, doAll, undoing } from '../failures';
import type { IFence } from '../fence/fence';
import type { Group } from './group';
import type { Masks } from '../affinity/masks';
import { MemoryV1 } from './memoryV1';
import { Places } from './places';
import type { BroughtBackListener, FailureListener } from './removals';
import { Written } from './written';

/** What the tier of cgroup version 1 needs to know. */
export type CgroupV1Options = {
  readonly tier: TierView;
  readonly files: IHostFiles;
  /** The hierarchies to use, in which the own cgroup's directory can be written. */
  readonly hierarchies: readonly Hierarchy[];
  readonly group: Group;
  readonly lock: LockDirectory;
  /** All CPUs that may be handed out. */
  readonly cpus: CpuSet;
  /** Where there is no cpuset: CPUs are held by masks. */
  readonly masks: Masks | null;
  /** Where GPUs are to be fenced. */
  readonly fence: IFence | null;
  readonly onFailure: FailureListener;
  readonly onBroughtBack: BroughtBackListener;
};

const NANOSECONDS = 1e9;
/** cpu.shares of the default weight 100. */
const SHARES_DEFAULT = 1024;
const SHARES_PER_WEIGHT = SHARES_DEFAULT / 100;
const SHARES_MIN = 2;
const SHARES_MAX = 262144;

/** Holders confined by cgroup version 1: cpuset, cpu and memory, each where it is mounted. */
export class CgroupV1 implements IEnforcer {
  readonly tier: TierView;
  private readonly files: IHostFiles;
  private readonly masks: Masks | null;
  private readonly places: Places;
  private readonly written: Written;
  private readonly memory: MemoryV1;
  private readonly wanted = new Map<string, Confinement>();
  /** Kills for want of memory that the place had seen when the holder came. */
  private readonly killsBefore = new Map<string, number>();
  private readonly hasIdle: boolean;

  /** Makes the group's directories; throws {@link EnforcementError} where it may not. */
  constructor(private readonly options: CgroupV1Options) {
    this.tier = options.tier;
    this.files = options.files;
    this.masks = options.masks;
    this.written = new Written(options.files);
    this.places = new Places({
      ...options,
      prepare: directory => this.prepare(directory),
      exit: hierarchy => hierarchy.directory
    });
    undoing(
      () => this.places.removeGroup(),
      () => {
        this.places.open();
        this.weighGroup();
      }
    );
    this.hasIdle = this.groupHas('cpu', V1.idle);
    this.memory = new MemoryV1(
      options.files,
      this.written,
      this.groupHas('memory', V1.memorySwapLimit)
    );
  }

  found(): readonly string[] {
    return this.places.found();
  }

  adopt(target: HolderProcess): void {
    const known = this.places.has(target.holderId);
    this.written.forget(target.holderId);
    this.options.fence?.forget(target.holderId);
    this.places.adopt(target);
    this.masks?.adopt(target);
    if (!known) {
      this.killsBefore.set(target.holderId, this.killsInPlace(target.holderId));
    }
  }

  confine(holderId: string, confinement: Confinement): void {
    if (!this.places.has(holderId)) {
      throw new EnforcementError(`holder ${holderId}`, 'ENOENT');
    }
    this.wanted.set(holderId, confinement);
    doAll(
      () => this.writeCpus(holderId, confinement),
      () => this.writeWeight(holderId, confinement),
      () =>
        this.withMemory(holderId, it => this.memory.limit(holderId, it, confinement.memoryBytes)),
      () => this.fenceGpus(holderId, confinement)
    );
  }

  tighten(holderId: string): void {
    const wanted = this.wanted.get(holderId);
    if (wanted && holds(wanted) && this.written.dropWidened(holderId, this.options.onBroughtBack)) {
      this.confine(holderId, wanted);
    }
  }

  pinningFor({ cpus }: Confinement): CpuPinning {
    return this.masks?.holdFor(cpus) ?? { affinity: null, cpuset: cpus };
  }

  measure(holderId: string): TreeUse | null {
    const target = this.places.targetOf(holderId);
    if (target) {
      this.recall(target);
    }
    const directory = this.anyDirectory(holderId);
    const threads = readOrNull(this.files, `${directory}/${V1.tasks}`);
    if (!target || !threads) {
      return null;
    }
    const wantedBytes = this.wanted.get(holderId)?.memoryBytes ?? null;
    this.withMemory(holderId, it => this.memory.lower(holderId, it, wantedBytes));
    const usage = this.directory('cpuacct', holderId);
    const nanoseconds = usage ? readNumberOrNull(this.files, `${usage}/${V1.cpuUsage}`) : null;
    // What the process took before it came is charged where it came from; a fork took nothing yet.
    const memory = this.withMemory(holderId, it => this.memory.use.shown(it));
    const tree =
      nanoseconds === null || memory === null
        ? readTreeUse(this.files, target.pid, this.places.othersThan(target.pid))
        : null;
    return {
      cpuSeconds: nanoseconds !== null ? nanoseconds / NANOSECONDS : (tree?.cpuSeconds ?? 0),
      memoryBytes:
        memory === null
          ? (tree?.memoryBytes ?? 0)
          : Math.max(memory, readAnonymousBytes(this.files, target.pid)),
      threads: threads.split('\n').length
    };
  }

  memoryOf(holderId: string, exactFromBytes: number): number | null {
    return this.directory('memory', holderId) === null
      ? (this.measure(holderId)?.memoryBytes ?? null)
      : this.withMemory(holderId, it => this.memory.use.held(it, exactFromBytes));
  }

  holderOf(pid: number): string | null {
    return this.places.holderOf(pid);
  }

  kills(holderId: string): number {
    return this.killsInPlace(holderId) - (this.killsBefore.get(holderId) ?? 0);
  }

  hasReachedLimit(holderId: string): boolean {
    return this.withMemory(holderId, it => this.memory.hasReachedLimit(it)) ?? false;
  }

  release(holderId: string): void {
    this.wanted.delete(holderId);
    this.killsBefore.delete(holderId);
    this.written.forget(holderId);
    this.withMemory(holderId, it => this.memory.use.forget(it));
    this.options.fence?.forget(holderId);
    this.masks?.release(holderId);
    this.places.release(holderId);
  }

  async settled(): Promise<void> {
    await Promise.all([this.places.settled(), this.masks?.settled()]);
  }

  async close(): Promise<void> {
    this.masks?.holders().forEach(holderId => this.masks?.release(holderId));
    await this.masks?.settled();
    await this.places.close();
    this.places.removeGroup();
    this.options.fence?.close();
    await this.settled();
  }

  /** A v1 cpuset takes no process until it has CPUs and memory nodes. */
  private prepare(directory: string): void {
    const parent = directory.slice(0, directory.lastIndexOf('/'));
    for (const file of [V1.cpus, V1.mems]) {
      if (readOrNull(this.files, `${directory}/${file}`) === '') {
        attempt(file, () =>
          this.files.write(`${directory}/${file}`, this.files.read(`${parent}/${file}`).trim())
        );
      }
    }
  }

  /** All holders together weigh as much as the processes beside them on every CPU, not on one. */
  private weighGroup(): void {
    const cpu = this.options.hierarchies.find(it => it.controllers.includes('cpu'));
    if (cpu) {
      const shares = Math.min(SHARES_MAX, SHARES_DEFAULT * this.options.cpus.length);
      attempt(V1.shares, () =>
        this.files.write(`${this.places.groupIn(cpu)}/${V1.shares}`, `${shares}`)
      );
    }
  }

  /** A process may move itself elsewhere where it may write: bring it back, and say so. */
  private recall({ holderId, pid }: HolderProcess): void {
    this.masks?.recall(holderId);
    if (this.places.recall(holderId)) {
      this.options.onBroughtBack(holderId, `process ${pid} had left its place`);
    }
  }

  private directory(controller: string, holderId: string): string | null {
    const hierarchy = this.options.hierarchies.find(it => it.controllers.includes(controller));
    return hierarchy ? this.places.directoryOf(hierarchy, holderId) : null;
  }

  private anyDirectory(holderId: string): string {
    return this.places.directoryOf(this.options.hierarchies[0]!, holderId);
  }

  private groupHas(controller: string, file: string): boolean {
    const hierarchy = this.options.hierarchies.find(it => it.controllers.includes(controller));
    return (
      !!hierarchy && readOrNull(this.files, `${this.places.groupIn(hierarchy)}/${file}`) !== null
    );
  }

  private writeCpus(holderId: string, { cpus }: Confinement): void {
    const directory = this.directory('cpuset', holderId);
    if (directory) {
      this.written.writeCpus(holderId, directory, V1.cpus, cpus ?? this.options.cpus);
    } else {
      this.masks?.set(holderId, cpus);
    }
  }

  private writeWeight(holderId: string, { weight, idle }: Confinement): void {
    const directory = this.directory('cpu', holderId);
    if (!directory) {
      return;
    }
    const shares = `${Math.max(SHARES_MIN, Math.round(weight * SHARES_PER_WEIGHT))}`;
    if (!this.hasIdle) {
      this.written.write(holderId, directory, V1.shares, idle ? `${SHARES_MIN}` : shares);
      return;
    }
    if (this.written.last(holderId, V1.idle) !== (idle ? '1' : '0')) {
      this.written.write(holderId, directory, V1.idle, idle ? '1' : '0');
      // The kernel resets the shares with every change, and refuses them while idle.
      this.written.drop(holderId, V1.shares);
    }
    if (!idle) {
      this.written.write(holderId, directory, V1.shares, shares);
    }
  }

  private fenceGpus(holderId: string, { gpus }: Confinement): void {
    const directory = this.directory('devices', holderId);
    directory && this.options.fence?.set(holderId, directory, gpus);
  }

  private killsInPlace(holderId: string): number {
    return this.withMemory(holderId, it => this.memory.kills(it)) ?? 0;
  }

  /** Do something with the memory controller's directory of a holder, where there is one. */
  private withMemory<T>(holderId: string, work: (directory: string) => T): T | null {
    const directory = this.directory('memory', holderId);
    return directory === null ? null : work(directory);
  }
}
