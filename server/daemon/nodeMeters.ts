import type { GpuUse } from '../core/events';
import type { HeldMemory } from '../host/memoryMeter';

/** What the whole node uses now. */
type NodeUse = {
  readonly cpusBusy: number;
  readonly memoryUsedBytes: number;
  readonly memoryPressure: number | null;
  /** Memory that could be allocated without evicting anybody's. */
  readonly memoryAvailableBytes: number | null;
};

/** Reads the meters of the node. */
export interface INodeMeters {
  /** May watch the node for a while; null if nothing can be read. */
  node(): Promise<NodeUse | null>;
  /** At this moment; null if it cannot be read. */
  memory(): HeldMemory | null;
  /** The latest figures of the GPUs; empty if there are none. */
  gpus(): readonly GpuUse[];
}
