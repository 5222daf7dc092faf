import type { NodeFacts } from '../core/events';

/** What a simulated node has; amounts in bytes. */
export type Shape = {
  readonly cpus: number;
  readonly memoryBytes: number;
  readonly memoryReserveBytes: number;
  readonly gpus: readonly { readonly model: string; readonly memoryBytes: number }[];
};

/** A simulated node: cores without hyper-threads, eight to a cache. */
export function simulatedNode(
  { cpus, memoryBytes, memoryReserveBytes, gpus }: Shape,
  tier: 'cgroup-v2' | 'affinity' = 'cgroup-v2'
): NodeFacts {
  return {
    name: 'simulated',
    cpus: Array.from({ length: cpus }, (_, id) => ({
      id,
      core: id,
      cache: Math.floor(id / 8),
      numa: Math.floor(id / 32)
    })),
    memoryBytes,
    memoryReserveBytes,
    gpus: gpus.map((gpu, index) => ({ uuid: `GPU-${index}`, index, ...gpu })),
    tier: { name: tier, enforced: ['cpus'], notEnforced: [], reason: 'it is simulated' },
    sharesByWeight: tier === 'cgroup-v2',
    packsThreads: false
  };
}
