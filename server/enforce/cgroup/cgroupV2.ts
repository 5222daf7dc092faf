import type { Confinement } from '../../core/effects';
import type { CpuPinning } from '../../protocol/grant';
import type { TierView } from '../../protocol/view';
import type { CpuSet } from '../../protocol/cpuset';
import { V2, type Hierarchy } from '../../host/cgroupfs';
import { readOrNull, readTable, type IHostFiles } from '../../host/files';
import type { LockDirectory } from '../../host/locks';
import { readAnonymousBytes, readTreeUse } from '../../host/processes';
import { Delegation } from './delegation';
import {
  EnforcementError,
  holds,
  type IEnforcer,
  type HolderProcess,
  type TreeUse
} from '../enforcer';
import { doAll, undoing } from '../failures';
import type { IFence } from '../fence/fence';
import type { Group } from './group';
import type { Masks } from '../affinity/masks';
import { MemoryV2 } from './memoryV2';
import { Places } from './places';
import type { BroughtBackListener, FailureListener } from './removals';
import { Written } from './written';

/** What the tier of cgroup version 2 needs to know. */
export type CgroupV2Options = {
  readonly tier: TierView;
  readonly files: IHostFiles;
  /** The unified hierarchy; its directory is the own cgroup, or one that was delegated. */
  readonly hierarchy: Hierarchy;
  /** Those of cpuset, cpu and memory that the own cgroup was given. */
  readonly controllers: readonly string[];
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

const MICROSECONDS = 1e6;

/** Holders confined by cgroup version 2: cpuset, cpu and memory, as far as they were delegated. */
export class CgroupV2 implements IEnforcer {
  readonly tier: TierView;
  private readonly files: IHostFiles;
  private readonly masks: Masks | null;
  private readonly places: Places;
  private readonly delegation: Delegation;
  private readonly written: Written;
  private readonly memory: MemoryV2;
  private readonly wanted = new Map<string, Confinement>();
  /** Kills for want of memory that the place had seen when the holder came. */
  private readonly killsBefore = new Map<string, number>();
  private readonly hasIdle: boolean;
  private isSetUp = false;

  /** Makes the group's directory and gives it its controllers; throws {@link EnforcementError}. */
  constructor(private readonly options: CgroupV2Options) {
    this.tier = options.tier;
    this.files = options.files;
    this.masks = options.masks;
    this.written = new Written(options.files);
    this.places = new Places({
      ...options,
      hierarchies: [options.hierarchy],
      prepare: directory => this.prepare(directory),
      exit: () => this.delegation.exit()
    });
    this.delegation = new Delegation({ ...options, group: options.group.name }, this.places);
    undoing(
      () => this.undoSetup(),
      () => {
        this.places.open();
        this.delegation.enable();
      }
    );
    this.isSetUp = true;
    this.hasIdle = readOrNull(this.files, `${this.group}/${V2.idle}`) !== null;
    const hasSwapLimit = readOrNull(this.files, `${this.group}/${V2.memorySwapMax}`) !== null;
    this.memory = new MemoryV2(options.files, this.written, hasSwapLimit);
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
      this.killsBefore.set(target.holderId, this.memory.kills(this.directory(target.holderId)));
    }
  }

  confine(holderId: string, confinement: Confinement): void {
    if (!this.places.has(holderId)) {
      throw new EnforcementError(`holder ${holderId}`, 'ENOENT');
    }
    this.wanted.set(holderId, confinement);
    const directory = this.directory(holderId);
    doAll(
      () => this.writeCpus(holderId, directory, confinement),
      () => this.writeWeight(holderId, directory, confinement),
      () => this.has('memory') && this.memory.limit(holderId, directory, confinement.memoryBytes),
      () => this.options.fence?.set(holderId, directory, confinement.gpus)
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
    const directory = this.directory(holderId);
    const threads = readOrNull(this.files, `${directory}/${V2.threads}`);
    if (!target || !threads) {
      return null;
    }
    this.memory.lower(holderId, directory, this.wanted.get(holderId)?.memoryBytes ?? null);
    // Every v2 cgroup counts CPU time, whether it was given the cpu controller or not.
    const microseconds = readTable(this.files, `${directory}/${V2.cpuStat}`).get('usage_usec');
    // What the process took before it came is charged where it came from; a fork took nothing yet.
    const memory = this.memory.use.shown(directory);
    const tree =
      microseconds === undefined || memory === null
        ? readTreeUse(this.files, target.pid, this.places.othersThan(target.pid))
        : null;
    return {
      cpuSeconds: (microseconds ?? 0) / MICROSECONDS || (tree?.cpuSeconds ?? 0),
      memoryBytes:
        memory === null
          ? (tree?.memoryBytes ?? 0)
          : Math.max(memory, readAnonymousBytes(this.files, target.pid)),
      threads: threads.split('\n').length
    };
  }

  memoryOf(holderId: string, exactFromBytes: number): number | null {
    return this.has('memory')
      ? this.memory.use.held(this.directory(holderId), exactFromBytes)
      : (this.measure(holderId)?.memoryBytes ?? null);
  }

  holderOf(pid: number): string | null {
    return this.places.holderOf(pid);
  }

  kills(holderId: string): number {
    const inPlace = this.memory.kills(this.directory(holderId));
    return inPlace - (this.killsBefore.get(holderId) ?? 0);
  }

  hasReachedLimit(holderId: string): boolean {
    return this.memory.hasReachedLimit(this.directory(holderId));
  }

  release(holderId: string): void {
    this.wanted.delete(holderId);
    this.killsBefore.delete(holderId);
    this.written.forget(holderId);
    this.memory.use.forget(this.directory(holderId));
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
    this.undoSetup();
    this.options.fence?.close();
    await this.settled();
  }

  /** Somebody removed the group's directory, and with it the controllers that it gave down. */
  private prepare(directory: string): void {
    if (this.isSetUp && directory === this.group) {
      this.delegation.enable();
    }
  }

  private undoSetup(): void {
    this.delegation.undo();
    this.places.removeGroup();
  }

  /** A process may move itself elsewhere where it may write: bring it back, and say so. */
  private recall({ holderId, pid }: HolderProcess): void {
    this.masks?.recall(holderId);
    if (this.places.recall(holderId)) {
      this.options.onBroughtBack(holderId, `process ${pid} had left its place`);
    }
  }

  private get group(): string {
    return this.places.groupIn(this.options.hierarchy);
  }

  private directory(holderId: string): string {
    return this.places.directoryOf(this.options.hierarchy, holderId);
  }

  private has(controller: string): boolean {
    return this.options.controllers.includes(controller);
  }

  private writeCpus(holderId: string, directory: string, { cpus }: Confinement): void {
    if (this.has('cpuset')) {
      this.written.writeCpus(holderId, directory, V2.cpus, cpus ?? this.options.cpus);
    } else {
      this.masks?.set(holderId, cpus);
    }
  }

  private writeWeight(holderId: string, directory: string, { weight, idle }: Confinement): void {
    if (!this.has('cpu')) {
      return;
    }
    if (!this.hasIdle) {
      this.written.write(holderId, directory, V2.weight, idle ? '1' : `${weight}`);
      return;
    }
    if (this.written.last(holderId, V2.idle) !== (idle ? '1' : '0')) {
      this.written.write(holderId, directory, V2.idle, idle ? '1' : '0');
      // The kernel resets the weight with every change, and refuses it while idle.
      this.written.drop(holderId, V2.weight);
    }
    if (!idle) {
      this.written.write(holderId, directory, V2.weight, `${weight}`);
    }
  }
}
