import { V2, type Hierarchy } from '../../host/cgroupfs';
import { readTable } from '../../host/files';
import type { CgroupOptions } from './options';
import type { ICgroupVersion } from './cgroupVersion';
import { Delegation } from './delegation';
import { MemoryV2 } from './memoryV2';
import type { Places } from './places';
import type { Written } from './written';

const MICROSECONDS = 1e6;

/** Available in every directory, whatever its controllers: CPU time and device programs. */
const EVERYWHERE = ['cpuacct', 'devices'];

/** The unified hierarchy with these controllers and those that are always available. */
export function unifiedWith(hierarchy: Hierarchy, controllers: readonly string[]): Hierarchy {
  return { ...hierarchy, controllers: [...controllers, ...EVERYWHERE] };
}

/** Version 2: one directory, to which controllers are delegated. */
export class CgroupV2 implements ICgroupVersion {
  readonly names = { weight: V2.weight, threads: V2.threads, swapLimit: V2.memorySwapMax };
  readonly weightMin = 1;
  private readonly delegation: Delegation;
  private readonly group: string;
  private isEnabled = false;

  constructor(
    private readonly options: CgroupOptions,
    places: Places
  ) {
    const hierarchy = options.hierarchies[0]!;
    const controllers = hierarchy.controllers.filter(it => !EVERYWHERE.includes(it));
    const group = options.group.name;
    this.delegation = new Delegation({ ...options, hierarchy, controllers, group }, places);
    this.group = places.layout.groupIn(hierarchy);
  }

  weightOf(weight: number): number {
    return weight;
  }

  /** Somebody removed the group's directory, and with it the controllers it had delegated. */
  prepare(directory: string): void {
    if (this.isEnabled && directory === this.group) {
      this.delegation.enable();
    }
  }

  exit(): string {
    return this.delegation.exit();
  }

  enable(): void {
    this.delegation.enable();
    this.isEnabled = true;
  }

  disable(): void {
    this.delegation.undo();
  }

  cpuSeconds(directory: string): number | null {
    const stat = readTable(this.options.files, `${directory}/${V2.cpuStat}`);
    const microseconds = stat.get('usage_usec');
    return microseconds === undefined ? null : microseconds / MICROSECONDS;
  }

  limitMemory(written: Written, hasSwapLimit: boolean): MemoryV2 {
    return new MemoryV2(this.options.files, written, hasSwapLimit);
  }
}
