import type { Confinement } from '../../core/effects';
import type { CpuPinning } from '../../protocol/grant';
import type { TierView } from '../../protocol/view';
import { V1, type Hierarchy } from '../../host/cgroupfs';
import { readOrNull, type IHostFiles } from '../../host/files';
import { readCpuSeconds, readMemoryBytes, type TreeUse } from '../../host/processUse';
import { Watermarks } from '../../host/watermarks';
import type { Masks } from '../affinity/masks';
import { EnforcementError, holds, type IEnforcer, type HolderProcess } from '../enforcer';
import { doAll, undoing } from '../failures';
import type { CgroupOptions } from './options';
import type { ICgroupVersion, IMemoryLimits } from './cgroupVersion';
import { Places } from './places';
import { useOf } from './placeUse';
import { Weight } from './weight';
import { Written } from './written';

/** Confines holders with cgroups of either version: cpuset, cpu and memory, as far as available. */
export class CgroupEnforcer implements IEnforcer {
  readonly tier: TierView;
  private readonly files: IHostFiles;
  private readonly masks: Masks | null;
  private readonly places: Places;
  private readonly version: ICgroupVersion;
  private readonly written: Written;
  private readonly memory: IMemoryLimits;
  private readonly wanted = new Map<string, Confinement>();
  /** OOM kills that the place had counted when the holder was adopted. */
  private readonly killsBefore = new Map<string, number>();
  private readonly weight: Weight;
  private readonly marks: Watermarks;

  /** Creates the group's directories and what they need; throws {@link EnforcementError} if not permitted. */
  constructor(
    private readonly options: CgroupOptions,
    versionOf: (options: CgroupOptions, places: Places) => ICgroupVersion
  ) {
    this.tier = options.tier;
    this.files = options.files;
    this.masks = options.masks;
    this.written = new Written(options.files);
    this.marks = new Watermarks(options.files);
    this.places = new Places({
      ...options,
      prepare: directory => this.version.prepare(directory),
      exit: hierarchy => this.version.exit(hierarchy)
    });
    this.version = versionOf(options, this.places);
    undoing(
      () => this.undoSetup(),
      () => {
        this.places.open();
        this.version.enable();
      }
    );
    const { names, weightMin } = this.version;
    const files = { weight: names.weight, idle: V1.idle, least: `${weightMin}` };
    this.weight = new Weight(this.written, files, this.groupHas('cpu', V1.idle));
    const hasSwapLimit = this.groupHas('memory', names.swapLimit);
    this.memory = this.version.limitMemory(this.written, hasSwapLimit);
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
    const { memoryBytes, gpus } = confinement;
    doAll(
      () => this.writeCpus(holderId, confinement),
      () => this.within('cpu', holderId, it => this.writeWeight(holderId, it, confinement)),
      () => this.within('memory', holderId, it => this.memory.limit(holderId, it, memoryBytes)),
      () => this.within('devices', holderId, it => this.options.fence?.set(holderId, it, gpus))
    );
  }

  tighten(holderId: string): void {
    const wanted = this.wanted.get(holderId);
    if (wanted && holds(wanted) && this.written.dropWidened(holderId, this.options.onBroughtBack)) {
      this.confine(holderId, wanted);
    }
  }

  pinningFor({ cpus }: Confinement): CpuPinning {
    return this.masks?.pinningFor(cpus) ?? { affinity: null, cpuset: cpus };
  }

  /** A process may move itself to any cgroup it can write: move it back, and report it. */
  recall(holderId: string): void {
    this.masks?.recall(holderId);
    if (this.places.recall(holderId)) {
      const { pid } = this.places.targetOf(holderId)!;
      this.options.onBroughtBack(holderId, `process ${pid} had left its place`);
    }
  }

  measure(holderId: string): TreeUse | null {
    const target = this.places.targetOf(holderId);
    const pids = this.linesIn(holderId, V1.procs);
    return target && pids.length ? this.useOf(target, pids.map(Number)) : null;
  }

  cpuSeconds(holderId: string): number | null {
    const target = this.places.targetOf(holderId);
    const counted = this.within('cpuacct', holderId, it => this.version.cpuSeconds(it));
    return target && (counted ?? readCpuSeconds(this.files, target.pid, this.othersThan(target)));
  }

  lowerPeak(holderId: string): void {
    const target = this.places.targetOf(holderId);
    target && this.marks.lower(target.pid);
  }

  memoryOf(holderId: string, exactFromBytes: number): number | null {
    const target = this.places.targetOf(holderId);
    return this.directory('memory', holderId) === null
      ? target && readMemoryBytes(this.files, target.pid, this.othersThan(target))
      : this.within('memory', holderId, it => this.memory.use.held(it, exactFromBytes));
  }

  holderOf(pid: number): string | null {
    return this.places.layout.holderOf(pid);
  }

  kills(holderId: string): number {
    return this.killsInPlace(holderId) - (this.killsBefore.get(holderId) ?? 0);
  }

  hasReachedLimit(holderId: string): boolean {
    return this.within('memory', holderId, it => this.memory.hasReachedLimit(it)) ?? false;
  }

  release(holderId: string): void {
    this.marks.forget(this.places.targetOf(holderId)?.pid ?? 0);
    this.wanted.delete(holderId);
    this.killsBefore.delete(holderId);
    this.written.forget(holderId);
    this.within('memory', holderId, it => this.memory.use.forget(it));
    this.options.fence?.forget(holderId);
    this.masks?.release(holderId);
    this.places.release(holderId);
  }

  async settled(): Promise<void> {
    await Promise.all([this.places.settled(), this.masks?.settled(), this.marks.settled()]);
  }

  async close(): Promise<void> {
    this.masks?.holders().forEach(holderId => this.masks?.release(holderId));
    await this.masks?.settled();
    await this.places.close();
    this.undoSetup();
    this.options.fence?.close();
    await this.settled();
  }

  private undoSetup(): void {
    this.version.disable();
    this.places.removeGroup();
  }

  private useOf(target: HolderProcess, pids: readonly number[]): TreeUse | null {
    const { holderId, pid } = target;
    const wantedBytes = this.wanted.get(holderId)?.memoryBytes ?? null;
    this.within('memory', holderId, it => this.memory.lower(holderId, it, wantedBytes));
    const cpuSeconds = this.within('cpuacct', holderId, it => this.version.cpuSeconds(it));
    const memoryBytes = this.within('memory', holderId, it => this.memory.use.shown(it));
    const threads = () => this.linesIn(holderId, this.version.names.threads).length;
    const counted = { cpuSeconds, memoryBytes, pids, threads };
    return useOf(this.files, pid, () => this.othersThan(target), this.marks, counted);
  }

  private othersThan({ pid }: HolderProcess): ReadonlySet<number> {
    return this.places.othersThan(pid);
  }

  /** The lines of a list of what is in the holder's place; none if that is gone. */
  private linesIn(holderId: string, file: string): readonly string[] {
    const directory = this.places.layout.directoryOf(this.options.hierarchies[0]!, holderId);
    return (readOrNull(this.files, `${directory}/${file}`) ?? '').split('\n').filter(Boolean);
  }

  private writeCpus(holderId: string, { cpus }: Confinement): void {
    const directory = this.directory('cpuset', holderId);
    if (directory) {
      this.written.writeCpus(holderId, directory, V1.cpus, cpus ?? this.options.cpus);
    } else {
      this.masks?.set(holderId, cpus);
    }
  }

  private writeWeight(holderId: string, directory: string, { weight, idle }: Confinement): void {
    this.weight.write(holderId, directory, `${this.version.weightOf(weight)}`, idle);
  }

  private killsInPlace(holderId: string): number {
    return this.within('memory', holderId, it => this.memory.kills(it)) ?? 0;
  }

  private hierarchyWith(controller: string): Hierarchy | null {
    return this.options.hierarchies.find(it => it.controllers.includes(controller)) ?? null;
  }

  private groupHas(controller: string, file: string): boolean {
    const hierarchy = this.hierarchyWith(controller);
    const group = hierarchy && this.places.layout.groupIn(hierarchy);
    return group !== null && readOrNull(this.files, `${group}/${file}`) !== null;
  }

  private directory(controller: string, holderId: string): string | null {
    const hierarchy = this.hierarchyWith(controller);
    return hierarchy && this.places.layout.directoryOf(hierarchy, holderId);
  }

  /** Act on a holder's directory of a controller, if there is one. */
  private within<T>(
    controller: string,
    holderId: string,
    work: (directory: string) => T
  ): T | null {
    const directory = this.directory(controller, holderId);
    return directory === null ? null : work(directory);
  }
}
