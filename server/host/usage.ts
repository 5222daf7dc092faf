import { OSUtils } from 'node-os-utils';
import { V1, V2, findHierarchies, withAncestors, type Hierarchy } from './cgroupfs';
import { readNumberOrNull, type IHostFiles } from './files';
import { MEMORY_V1, MEMORY_V2, countMemory, readCharged } from './memoryCount';
import { onlineCpus } from './topology';

/** What all processes of the node use, Cellgrant's and others. */
export type NodeUse = {
  /** CPUs busy on average over the last second. */
  readonly cpusBusy: number;
  readonly memoryUsedBytes: number;
  /** What could be taken without pushing anybody's memory out. */
  readonly memoryAvailableBytes: number;
};

/**
 * Measures the node: the part of the machine that may be handed out.
 *
 * #### Notes
 * Totals of the machine come from node-os-utils, which knows no cgroups: CPUs
 * that are not this node's are left out, and where the own cgroup or one above
 * it has a memory limit, what is used of that counts instead of the machine's.
 */
export class NodeUsage {
  private readonly machine = new OSUtils({ cacheEnabled: false });

  private readonly own: Hierarchy | undefined;

  constructor(
    private readonly files: IHostFiles,
    private readonly cpus: readonly number[]
  ) {
    this.own = findHierarchies(files).find(it => it.controllers.includes('memory'));
  }

  /** Takes about a second, while the machine is watched; null where it cannot be told. */
  async measure(): Promise<NodeUse | null> {
    const [cores, memory] = await Promise.all([
      this.machine.cpu.usageByCore(),
      this.machine.memory.info()
    ]).catch(() => [null, null]); // no descriptor left, or no such file here
    if (!cores?.success || !memory?.success) {
      return null;
    }
    const online = onlineCpus(this.files);
    // The machine's figures are listed without numbers, and without CPUs that are off line.
    const placeOf = (cpu: number) => online?.indexOf(cpu) ?? cpu;
    const busy = this.cpus.map(cpu => (cores.data[placeOf(cpu)] ?? 0) / 100);
    const machine = memory.data;
    const own = this.cgroupUse(machine.total.toBytes());
    return {
      cpusBusy: busy.reduce((sum, it) => sum + it, 0),
      memoryUsedBytes: own?.usedBytes ?? machine.used.toBytes(),
      memoryAvailableBytes: Math.min(machine.available.toBytes(), own?.leftBytes ?? Infinity)
    };
  }

  /** What is held in the cgroup whose limit is the tightest; null for none. */
  private cgroupUse(
    machineBytes: number
  ): { readonly usedBytes: number; readonly leftBytes: number } | null {
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
    const { directory } = tightest;
    const charged = readCharged(this.files, directory, figures);
    if (tightest.bytes >= machineBytes || charged === null) {
      return null;
    }
    const usedBytes = countMemory(this.files, directory, figures, charged).heldBytes;
    return { usedBytes, leftBytes: Math.max(0, tightest.bytes - usedBytes) };
  }
}
