import { PROC, V1, V2, findHierarchies, withAncestors, type Hierarchy } from './cgroupfs';
import { readNumberOrNull, readOrNull, readTable, type IHostFiles } from './files';
import { MEMORY_V1, MEMORY_V2, countMemory, readCharged } from './memoryCount';

/** Memory held by any process; what the system can drop is not held. */
export type HeldMemory = { readonly totalBytes: number; readonly heldBytes: number };

/**
 * Measures how much memory is held where this process runs: in the cgroup with the tightest
 * limit on it, as in a container or a batch job, or on the machine.
 */
export class MemoryMeter {
  private readonly own: Hierarchy | undefined;

  constructor(private readonly files: IHostFiles) {
    this.own = findHierarchies(files).find(it => it.controllers.includes('memory'));
  }

  /** What is held now; null if unknown. */
  read(): HeldMemory | null {
    const machine = readTable(this.files, PROC.memory);
    const totalBytes = (machine.get('MemTotal') ?? 0) * 1024;
    const limited = this.readLimited(totalBytes);
    const availableKiB = machine.get('MemAvailable');
    if (limited || availableKiB === undefined) {
      return limited;
    }
    // Files in memory and unused huge pages are not available to others either.
    const heldBytes = totalBytes - availableKiB * 1024 - this.droppableByZfs();
    return { totalBytes, heldBytes: Math.max(0, heldBytes) };
  }

  /** What is held within a limit that is below the machine's memory; null if there is none. */
  readLimited(machineBytes: number): HeldMemory | null {
    const { own } = this;
    if (!own) {
      return null;
    }
    const [figures, limit] =
      own.version === 2 ? [MEMORY_V2, V2.memoryMax] : [MEMORY_V1, V1.memoryLimit];
    const limits = withAncestors(own).map(directory => ({
      directory,
      bytes: readNumberOrNull(this.files, `${directory}/${limit}`) ?? Infinity
    }));
    const tightest = limits.reduce((least, it) => (it.bytes < least.bytes ? it : least));
    const charged = readCharged(this.files, tightest.directory, figures);
    if (tightest.bytes >= machineBytes || charged === null) {
      return null;
    }
    const { heldBytes } = countMemory(this.files, tightest.directory, figures, charged);
    return { totalBytes: tightest.bytes, heldBytes };
  }

  /** The cache of ZFS is reclaimable like any other, but Linux does not count it as available. */
  private droppableByZfs(): number {
    const text = readOrNull(this.files, PROC.zfsCache) ?? '';
    const [size = 0, least = 0] = ['size', 'c_min'].map(name =>
      Number(new RegExp(`^${name} +\\d+ +(\\d+)`, 'm').exec(text)?.[1] ?? 0)
    );
    return Math.max(0, size - least);
  }
}
