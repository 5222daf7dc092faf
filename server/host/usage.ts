import { OSUtils } from 'node-os-utils';
import type { IHostFiles } from './files';
import { MemoryMeter } from './memoryMeter';
import { onlineCpus } from './topology';

/** What all processes of the node use, Cellgrant's and others. */
export type NodeUse = {
  /** CPUs busy on average over the last second. */
  readonly cpusBusy: number;
  readonly memoryUsedBytes: number;
  /** What could be allocated without evicting anybody's memory. */
  readonly memoryAvailableBytes: number;
};

/**
 * Measures the node: the part of the machine that may be handed out.
 *
 * #### Notes
 * Totals of the machine come from node-os-utils, which ignores cgroups: CPUs
 * that are not this node's are left out, and if the own cgroup or an ancestor
 * has a memory limit, the use of that counts instead of the machine's.
 */
export class NodeUsage {
  private readonly machine = new OSUtils({ cacheEnabled: false });

  constructor(
    private readonly files: IHostFiles,
    private readonly cpus: readonly number[],
    private readonly memory = new MemoryMeter(files)
  ) {}

  /** Takes about a second, while the machine is watched; null if unknown. */
  async measure(): Promise<NodeUse | null> {
    const [cores, memory] = await Promise.all([
      this.machine.cpu.usageByCore(),
      this.machine.memory.info()
    ]).catch(() => [null, null]); // no free descriptor, or no such file here
    if (!cores?.success || !memory?.success) {
      return null;
    }
    const online = onlineCpus(this.files);
    // The machine's figures come without CPU numbers, and without offline CPUs.
    const placeOf = (cpu: number) => online?.indexOf(cpu) ?? cpu;
    const busy = this.cpus.map(cpu => (cores.data[placeOf(cpu)] ?? 0) / 100);
    const machine = memory.data;
    const own = this.memory.readLimited(machine.total.toBytes());
    const leftBytes = own ? Math.max(0, own.totalBytes - own.heldBytes) : Infinity;
    return {
      cpusBusy: busy.reduce((sum, it) => sum + it, 0),
      memoryUsedBytes: own?.heldBytes ?? machine.used.toBytes(),
      memoryAvailableBytes: Math.min(machine.available.toBytes(), leftBytes)
    };
  }
}
