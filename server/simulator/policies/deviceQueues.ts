import type { IPolicy } from '../engine';
import type { Execution } from '../execution';

/** What there is to queue for. */
export type Devices = { readonly gpus: number; readonly memoryBytes: number };

type Line = { readonly queue: Execution[]; free: number };

/**
 * What people do by hand where nothing arbitrates: each kernel is told its GPU
 * once, cells wait for it, or for memory, in the order of their arrival, and
 * CPUs are shared by another policy.
 */
export class DeviceQueues implements IPolicy {
  private readonly gpus: readonly Line[];
  private readonly memory: Line;

  constructor(
    devices: Devices,
    private readonly cpuPolicy: IPolicy
  ) {
    this.gpus = Array.from({ length: devices.gpus }, () => ({ queue: [], free: 1 }));
    this.memory = { queue: [], free: devices.memoryBytes };
  }

  arrived(execution: Execution, nowS: number): void {
    const line = this.lineOf(execution);
    line ? line.queue.push(execution) : this.cpuPolicy.arrived(execution, nowS);
  }

  ended(execution: Execution, nowS: number): void {
    const line = this.lineOf(execution);
    if (line) {
      line.free += amountOf(execution);
    }
    this.cpuPolicy.ended(execution, nowS);
  }

  share(executions: readonly Execution[], nowS: number): number {
    for (const line of [...this.gpus, this.memory]) {
      for (let head = line.queue[0]; head && amountOf(head) <= line.free; head = line.queue[0]) {
        line.queue.shift();
        line.free -= amountOf(head);
        this.cpuPolicy.arrived(head, nowS);
      }
    }
    return this.cpuPolicy.share(executions, nowS);
  }

  private lineOf({ cell }: Execution): Line | undefined {
    return cell.gpus > 0
      ? this.gpus[cell.user % this.gpus.length]
      : cell.memoryBytes > 0
        ? this.memory
        : undefined;
  }
}

function amountOf({ cell }: Execution): number {
  return cell.gpus > 0 ? cell.gpus : cell.memoryBytes;
}
