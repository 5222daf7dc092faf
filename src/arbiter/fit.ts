import type { Ask } from '../../server/protocol/ask';
import type { GpuView, NodeView, Resource, Snapshot } from '../../server/protocol/view';

/** How an ask would fare if its cell were run now. */
export type Fit =
  | { readonly kind: 'now' }
  | { readonly kind: 'waits'; readonly resource: Resource }
  /** `most` is what the node can grant: a count, or bytes of memory. */
  | { readonly kind: 'never'; readonly resource: Resource; readonly most: number };

/**
 * Whether an ask would be granted now, by the figures of a snapshot.
 *
 * #### Notes
 * A look ahead for people, before they press Run; the sidecar alone decides.
 * `kernelId` is the kernel that would run the cell: what it holds already is
 * not held against it (MEM1). Null where a snapshot cannot tell.
 */
export function fitOf(ask: Ask, snapshot: Snapshot, kernelId: string | null): Fit | null {
  const { node } = snapshot;
  const beyond = beyondNode(ask, node);
  if (beyond) {
    return { kind: 'never', ...beyond };
  }
  if (ask.exclusive || ask.cpus.kind === 'range') {
    return null;
  }
  if (ask.gpus > 0 && freeGpus(ask, snapshot, kernelId) < ask.gpus) {
    return { kind: 'waits', resource: 'gpus' };
  }
  if (ask.memoryBytes !== null && ask.memoryBytes > freeMemory(snapshot, kernelId)) {
    return { kind: 'waits', resource: 'memory' };
  }
  return { kind: 'now' };
}

function beyondNode(ask: Ask, node: NodeView): { resource: Resource; most: number } | null {
  const least =
    ask.cpus.kind === 'fixed' ? ask.cpus.n : ask.cpus.kind === 'range' ? ask.cpus.min : 0;
  if (least > node.cpus) {
    return { resource: 'cpus', most: node.cpus };
  }
  const gpus = node.gpus.filter(gpu => suits(ask, gpu)).length;
  if (ask.gpus > gpus) {
    return { resource: 'gpus', most: gpus };
  }
  const most = node.memoryBytes - node.memoryReserveBytes;
  return ask.memoryBytes !== null && ask.memoryBytes > most ? { resource: 'memory', most } : null;
}

function suits(ask: Ask, gpu: GpuView): boolean {
  // CUDA shows a process all whole GPUs, but a single MIG slice.
  return (
    (ask.gpus === 1 || !gpu.uuid.startsWith('MIG-')) &&
    gpu.model.toLowerCase().includes((ask.gpuModel ?? '').toLowerCase()) &&
    gpu.memoryBytes >= (ask.gpuMemoryBytes ?? 0)
  );
}

function freeGpus(ask: Ask, snapshot: Snapshot, kernelId: string | null): number {
  const free = (gpu: GpuView): boolean => {
    const mates = memoryMates(snapshot.node.gpus, gpu);
    return ask.gpuMemoryBytes === null
      ? gpu.leasedTo.every(holder => holder === kernelId) &&
          !isLeased(snapshot, mates, kernelId, 'part')
      : !isLeased(snapshot, mates, kernelId, 'whole') &&
          roomOn(gpu, mates, kernelId) >= ask.gpuMemoryBytes;
  };
  return snapshot.node.gpus.filter(gpu => suits(ask, gpu) && free(gpu)).length;
}

/** The GPUs that share the memory of this one: slices of one GPU instance, else itself. */
function memoryMates(gpus: readonly GpuView[], { uuid, slice }: GpuView): readonly GpuView[] {
  return gpus.filter(it =>
    slice
      ? it.slice?.gpu === slice.gpu && it.slice.gpuInstance === slice.gpuInstance
      : it.uuid === uuid
  );
}

/** Whether another kernel's running cell has all, or a part, of one of these GPUs. */
function isLeased(
  { claims }: Snapshot,
  gpus: readonly GpuView[],
  kernelId: string | null,
  how: 'whole' | 'part'
): boolean {
  return claims.some(
    claim =>
      claim.state === 'running' &&
      claim.kernelId !== kernelId &&
      (claim.ask.gpuMemoryBytes === null) === (how === 'whole') &&
      gpus.some(gpu => claim.grant.gpus.includes(gpu.uuid))
  );
}

/** Memory of a GPU that others neither use nor keep (GPU3). */
function roomOn(gpu: GpuView, mates: readonly GpuView[], kernelId: string | null): number {
  const others = mates
    .flatMap(mate => mate.processes)
    .filter(it => it.kernelId === null || it.kernelId !== kernelId);
  return others.reduce((room, it) => room - it.memoryBytes, gpu.memoryBytes);
}

function freeMemory({ node, kernels }: Snapshot, kernelId: string | null): number {
  const own = kernels.find(kernel => kernel.id === kernelId);
  const held = own ? Math.max(own.memoryBytes ?? 0, own.grant?.memoryBytes ?? 0) : 0;
  return node.memoryBytes - node.memoryReserveBytes - node.memoryGrantedBytes + held;
}
