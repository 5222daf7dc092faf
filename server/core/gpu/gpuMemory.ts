import { compareText, firstDifference } from '../../lib/comparators';
import type { Gpu, GpuUse } from '../events';
import type { HolderEntry, Lease } from '../entries';
import type { State } from '../state';
import { surrounds } from '../holder/trees';
import { memoryMates } from './gpuMates';

/** The leases on the memory of a GPU, each with the GPU that it belongs to. */
export function leasesBeside(state: State, gpu: Gpu): (readonly [Gpu, Lease, HolderEntry])[] {
  return memoryMates(state.node?.gpus ?? [], gpu).flatMap(mate =>
    Array.from(
      state.gpuLeases.get(mate.uuid) ?? [],
      ([lease, holder]) => [mate, lease, holder] as const
    )
  );
}

/** GPU7: whether a GPU no longer answers. */
export function isLost(state: State, uuid: string): boolean {
  return state.gpuUse.get(uuid)?.isLost ?? false;
}

/** The processes in the memory of a GPU, as measured. */
function processesBeside(state: State, gpu: Gpu): GpuUse['processes'] {
  return memoryMates(state.node?.gpus ?? [], gpu).flatMap(
    mate => state.gpuUse.get(mate.uuid)?.processes ?? []
  );
}

/** What holders are promised of a GPU's memory, and what they use of it as measured. */
type Claims = {
  readonly promised: Map<HolderEntry, number>;
  readonly measured: Map<string, number>;
};

/** What a holder and the holders with leases inside it take: a promise covers these, too (ADM10). */
function takenBy(holder: HolderEntry, self: HolderEntry | null, claims: Claims): number {
  const { promised, measured } = claims;
  // Neither the promise of an enclosing holder nor what it has itself blocks it.
  const isAround = self !== null && holder !== self && surrounds(holder, self);
  const has = holder === self ? 0 : (measured.get(holder.holder.id) ?? 0);
  const own = isAround ? 0 : (promised.get(holder) ?? 0);
  return Math.max(own, has + takenInside(holder, self, claims));
}

function takenInside(holder: HolderEntry, self: HolderEntry | null, claims: Claims): number {
  let sum = 0;
  for (const inner of claims.promised.keys()) {
    sum += nearestAround(inner, claims) === holder ? takenBy(inner, self, claims) : 0;
  }
  return sum;
}

/** The next holder around this one that has a lease. */
function nearestAround({ parent }: HolderEntry, { promised }: Claims): HolderEntry | null {
  let at = parent;
  while (at && !promised.has(at)) {
    at = at.parent;
  }
  return at;
}

/**
 * Memory of a GPU that nobody leases and no other process holds, as measured (GPU3); at
 * least what is left of the part that a holder around `self` leases (ADM10).
 */
export function freeGpuBytes(state: State, gpu: Gpu, self: HolderEntry | null): number {
  const promised = new Map<HolderEntry, number>();
  for (const [, lease, holder] of leasesBeside(state, gpu)) {
    promised.set(holder, (promised.get(holder) ?? 0) + (lease.gpuMemoryBytes ?? 0));
  }
  const measured = new Map<string, number>();
  let taken = 0;
  for (const { holderId, memoryBytes } of processesBeside(state, gpu)) {
    const holder = state.holders.get(holderId ?? '');
    holder && promised.has(holder)
      ? measured.set(holder.holder.id, (measured.get(holder.holder.id) ?? 0) + memoryBytes)
      : (taken += holder && holder === self ? 0 : memoryBytes);
  }
  const claims = { promised, measured };
  for (const holder of promised.keys()) {
    taken += nearestAround(holder, claims) ? 0 : takenBy(holder, self, claims);
  }
  const outer = self && nearestAround(self, claims);
  const left = outer ? promised.get(outer)! - takenInside(outer, self, claims) : 0;
  return Math.max(left, gpu.memoryBytes - taken);
}

/** What a holder keeps on a GPU. */
export type Kept = { readonly holder: HolderEntry; readonly bytes: number };

/** What holders without a lease on a GPU keep there, as measured, largest first (GPU5). */
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
