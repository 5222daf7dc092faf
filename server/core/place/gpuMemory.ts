import { compareText, firstDifference } from '../../lib/comparators';
import type { Gpu, GpuUse } from '../events';
import type { HolderEntry, Lease, State } from '../state';
import { memoryMates } from './gpuMates';

/** The leases on the memory of a GPU, each with the GPU that it is a lease of. */
export function leasesBeside(state: State, gpu: Gpu): (readonly [Gpu, Lease, HolderEntry])[] {
  return memoryMates(state.node?.gpus ?? [], gpu).flatMap(mate =>
    Array.from(
      state.gpuLeases.get(mate.uuid) ?? [],
      ([lease, holder]) => [mate, lease, holder] as const
    )
  );
}

/** GPU7: whether a GPU does not answer any more. */
export function isLost(state: State, uuid: string): boolean {
  return state.gpuUse.get(uuid)?.isLost ?? false;
}

/** The processes in the memory of a GPU, as measured. */
function processesBeside(state: State, gpu: Gpu): GpuUse['processes'] {
  return memoryMates(state.node?.gpus ?? [], gpu).flatMap(
    mate => state.gpuUse.get(mate.uuid)?.processes ?? []
  );
}

/** Memory of a GPU that nobody leases and no other holds, as measured (GPU3). */
export function freeGpuBytes(state: State, gpu: Gpu, self: HolderEntry | null): number {
  const leased = new Map<HolderEntry, number>();
  for (const [, lease, holder] of leasesBeside(state, gpu)) {
    leased.set(holder, (leased.get(holder) ?? 0) + (lease.gpuMemoryBytes ?? 0));
  }
  let taken = 0;
  const measured = new Map<string | null, number>();
  for (const process of processesBeside(state, gpu)) {
    measured.set(process.holderId, (measured.get(process.holderId) ?? 0) + process.memoryBytes);
  }
  for (const [holder, bytes] of leased) {
    const held = holder === self ? 0 : (measured.get(holder.holder.id) ?? 0);
    taken += Math.max(bytes, held);
    measured.delete(holder.holder.id);
  }
  self && measured.delete(self.holder.id);
  return gpu.memoryBytes - [...measured.values()].reduce((sum, it) => sum + it, taken);
}

/** What a holder keeps on a GPU. */
export type Kept = { readonly holder: HolderEntry; readonly bytes: number };

/** What holders without a lease on a GPU keep there, as measured, most first (GPU5). */
export function keptOn(state: State, gpu: Gpu, self: HolderEntry): Kept[] {
  const leasing = new Set(leasesBeside(state, gpu).map(([, , holder]) => holder));
  const kept = new Map<HolderEntry, number>();
  for (const { holderId, memoryBytes } of processesBeside(state, gpu)) {
    const holder = state.holders.get(holderId ?? '');
    if (holder && holder !== self && !leasing.has(holder) && memoryBytes > 0) {
      kept.set(holder, (kept.get(holder) ?? 0) + memoryBytes);
    }
  }
  return [...kept]
    .map(([holder, bytes]) => ({ holder, bytes }))
    .sort(
      firstDifference<Kept>(
        (a, b) => b.bytes - a.bytes,
        (a, b) => compareText(a.holder.holder.id, b.holder.holder.id)
      )
    );
}
