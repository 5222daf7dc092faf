import { V1, type Hierarchy } from '../../host/cgroupfs';
import { readNumberOrNull, readOrNull } from '../../host/files';
import { attempt } from '../failures';
import type { CgroupOptions } from './options';
import type { ICgroupVersion } from './cgroupVersion';
import { MemoryV1 } from './memoryV1';
import type { Places } from './places';
import type { Written } from './written';

const NANOSECONDS = 1e9;
/** cpu.shares of the default weight 100. */
const SHARES_DEFAULT = 1024;
const SHARES_PER_WEIGHT = SHARES_DEFAULT / 100;
const SHARES_MIN = 2;
const SHARES_MAX = 262144;

/** Version 1: one directory in each hierarchy, which is usable once it has CPUs. */
export class CgroupV1 implements ICgroupVersion {
  readonly names = { weight: V1.shares, threads: V1.tasks, swapLimit: V1.memorySwapLimit };
  readonly weightMin = SHARES_MIN;

  constructor(
    private readonly options: CgroupOptions,
    private readonly places: Places
  ) {}

  weightOf(weight: number): number {
    return Math.max(SHARES_MIN, Math.round(weight * SHARES_PER_WEIGHT));
  }

  /** A cpuset accepts no process until it has CPUs and memory nodes. */
  prepare(directory: string): void {
    const { files } = this.options;
    const parent = directory.slice(0, directory.lastIndexOf('/'));
    for (const file of [V1.cpus, V1.mems]) {
      if (readOrNull(files, `${directory}/${file}`) === '') {
        attempt(file, () =>
          files.write(`${directory}/${file}`, files.read(`${parent}/${file}`).trim())
        );
      }
    }
  }

  exit(hierarchy: Hierarchy): string {
    return hierarchy.directory;
  }

  /** All holders together weigh as much as the processes beside them on every CPU, not on one. */
  enable(): void {
    const { files, hierarchies, cpus } = this.options;
    const cpu = hierarchies.find(it => it.controllers.includes('cpu'));
    if (cpu) {
      const shares = Math.min(SHARES_MAX, SHARES_DEFAULT * cpus.length);
      attempt(V1.shares, () =>
        files.write(`${this.places.layout.groupIn(cpu)}/${V1.shares}`, `${shares}`)
      );
    }
  }

  disable(): void {
    return; // it is removed with the directory
  }

  cpuSeconds(directory: string): number | null {
    const nanoseconds = readNumberOrNull(this.options.files, `${directory}/${V1.cpuUsage}`);
    return nanoseconds === null ? null : nanoseconds / NANOSECONDS;
  }

  limitMemory(written: Written, hasSwapLimit: boolean): MemoryV1 {
    return new MemoryV1(this.options.files, written, hasSwapLimit);
  }
}
