import type { Ask } from '../../protocol/ask';
import type { GpuName, Holding, Reason, Stranger } from '../../protocol/facts';
import { firstDifference } from '../../lib/comparators';
import type { Gpu } from '../events';
import type { HolderEntry, Lease } from '../entries';
import type { State } from '../state';
import { surrounds } from '../holder/trees';
import { freeGpuBytes, isLost, keptOn, leasesBeside, type Kept } from './gpuMemory';
import { inTheWay } from '../queue/inTheWay';
import { blockingOf, blockerOf, heldReason, type Blocking, type Obstacle } from '../queue/obstacle';

/** GPUs that one process can use together: CUDA shows it all whole GPUs, but only one MIG slice. */
export function usableTogether(gpus: readonly Gpu[], count: number): readonly Gpu[] {
  return count > 1 ? gpus.filter(gpu => !gpu.uuid.startsWith('MIG-')) : gpus;
}

/** GPUs of the node that match an ask by model and size, whether free or not. */
export function matchingGpus(gpus: readonly Gpu[], ask: Ask): readonly Gpu[] {
  const model = ask.gpuModel?.toLowerCase() ?? '';
  return usableTogether(gpus, ask.gpus).filter(
    gpu => gpu.model.toLowerCase().includes(model) && gpu.memoryBytes >= (ask.gpuMemoryBytes ?? 0)
  );
}

function isLeasedWhole(state: State, gpu: Gpu): boolean {
  return leasesBeside(state, gpu).some(([, lease]) => lease.gpuMemoryBytes === null);
}

/**
 * GPU1: the leases of others that an ask must respect on a GPU: all on the
 * GPU itself, and on its mates those with which the ask shares a promise of memory;
 * none of enclosing holders (ADM10).
 */
function rivalLeases(state: State, gpu: Gpu, self: HolderEntry, ask: Ask): [Lease, HolderEntry][] {
  return leasesBeside(state, gpu).flatMap(([mate, lease, holder]) => {
    const isPromised = ask.gpuMemoryBytes !== null || lease.gpuMemoryBytes !== null;
    return !surrounds(holder, self) && (mate === gpu || isPromised) ? [[lease, holder]] : [];
  });
}

/** GPU1, GPU7: whether a lease of this ask may be placed on a GPU beside the existing ones. */
function isOpen(state: State, gpu: Gpu, self: HolderEntry, ask: Ask): boolean {
  if (isLost(state, gpu.uuid)) {
    return false;
  }
  const rivals = rivalLeases(state, gpu, self, ask);
  if (ask.gpuMemoryBytes === null) {
    return rivals.length === 0;
  }
  return (
    rivals.every(([lease]) => lease.gpuMemoryBytes !== null) &&
    freeGpuBytes(state, gpu, self) >= ask.gpuMemoryBytes
  );
}

/**
 * GPU1, in this order:
 * 1. those that an enclosing holder leases (ADM10),
 * 2. if a part was requested, GPUs that are already shared,
 * 3. those that no process without a lease uses (GPU4),
 * 4. those that the fewest kernels are bound to,
 * 5. the one with most room, then the lowest index.
 */
function gpuOrder(state: State, self: HolderEntry, ask: Ask): (a: Gpu, b: Gpu) => number {
  const shared = (gpu: Gpu) => (state.gpuLeases.has(gpu.uuid) ? 1 : 0);
  const around = (gpu: Gpu) => {
    const holders = [...(state.gpuLeases.get(gpu.uuid)?.values() ?? [])];
    return holders.some(it => it !== self && surrounds(it, self)) ? 1 : 0;
  };
  const outsiders = (gpu: Gpu) =>
    (state.gpuUse.get(gpu.uuid)?.processes ?? []).filter(
      it => it.holderId === null && !it.isDisplay
    ).length;
  const boundTo = (gpu: Gpu) => state.gpuBound.get(gpu.uuid) ?? 0;
  return firstDifference<Gpu>(
    (a, b) => around(b) - around(a),
    (a, b) => (ask.gpuMemoryBytes === null ? 0 : shared(b) - shared(a)),
    (a, b) => outsiders(a) - outsiders(b),
    (a, b) => boundTo(a) - boundTo(b),
    (a, b) => freeGpuBytes(state, b, self) - freeGpuBytes(state, a, self),
    (a, b) => a.index - b.index
  );
}

/** The GPUs for an ask, or why they are not available now. */
export type GpuPlan = { readonly gpus: readonly string[] } | { readonly obstacle: Obstacle };

/**
 * Choose GPUs for an ask.
 *
 * #### Notes
 * A bound holder gets the first of its own, in the order CUDA shows them to it,
 * so that `cuda:0` in the cell is the one that was granted (GPU2).
 */
export function planGpus(state: State, self: HolderEntry, ask: Ask): GpuPlan {
  if (ask.gpus === 0 || !state.node) {
    return { gpus: [] };
  }
  const wanted = wantedGpus(state.node.gpus, self, ask);
  const open = wanted
    .filter(gpu => isOpen(state, gpu, self, ask))
    .sort(self.boundGpus.length ? () => 0 : gpuOrder(state, self, ask))
    .slice(0, ask.gpus);
  if (open.length === ask.gpus) {
    return { gpus: open.map(gpu => gpu.uuid) };
  }
  return { obstacle: { resource: 'gpus', reason: () => gpuReason(state, self, ask) } };
}

/** GPUs that an ask may be given at all: those that its holder is bound to, else all that match. */
function wantedGpus(gpus: readonly Gpu[], self: HolderEntry, ask: Ask): readonly Gpu[] {
  return self.boundGpus.length
    ? self.boundGpus.slice(0, ask.gpus).flatMap(uuid => gpus.filter(gpu => gpu.uuid === uuid))
    : matchingGpus(gpus, ask);
}

function takenGpus(state: State, self: HolderEntry, ask: Ask): readonly Gpu[] {
  const wanted = wantedGpus(state.node?.gpus ?? [], self, ask);
  return wanted.filter(gpu => !isOpen(state, gpu, self, ask));
}

/** GPU5: what blocks an ask on a GPU whose leases alone would admit it. */
function keptFrom(state: State, self: HolderEntry, ask: Ask, gpu: Gpu): Kept[] {
  return ask.gpuMemoryBytes === null || isLeasedWhole(state, gpu) ? [] : keptOn(state, gpu, self);
}

/** GPU5: those that keep memory which an ask waits for, whether they are named or not. */
export function keepersInTheWay(state: State, self: HolderEntry, ask: Ask): HolderEntry[] {
  if ('gpus' in planGpus(state, self, ask)) {
    return []; // it waits for something else
  }
  const kept = takenGpus(state, self, ask).flatMap(gpu => keptFrom(state, self, ask, gpu));
  return [...new Set(kept.map(it => it.holder))];
}

/**
 * The blockers: on each GPU those with a lease first, then those that keep
 * memory there; the rest is held by processes without a lease (GPU4).
 */
function gpuReason(state: State, self: HolderEntry, ask: Ask): Reason {
  const taken = takenGpus(state, self, ask);
  const leasing = taken.flatMap(gpu =>
    rivalLeases(state, gpu, self, ask).map(([, holder]) =>
      blockerOf(holder, { kind: 'gpu', gpu: nameOf(gpu) })
    )
  );
  const keeping = taken.map(gpu => keepingOf(state, self, ask, gpu));
  const all = [...leasing, ...keeping.flatMap(it => it.blockers)];
  const blockers = distinct(all, it => `${it.holderId} ${keyOf(it.holds)}`);
  const rests = distinct(
    keeping.flatMap(it => it.rests),
    it => `${it.count} ${it.isIdle} ${it.areKernels} ${keyOf(it.keeps)}`
  );
  const need = { kind: 'gpus', count: ask.gpus, eachBytes: ask.gpuMemoryBytes } as const;
  const blocking = { blockers, count: blockers.length, rests, othersBytes: null };
  return (
    heldReason('gpus', need, blocking) ?? {
      ...outsideReason(state, self, taken),
      resource: 'gpus',
      blockers: [],
      need
    }
  );
}

/** Slices that share memory have the same blockers, by the same number. */
function keyOf(holding: Holding): string {
  const gpu = 'gpu' in holding ? holding.gpu.index : null;
  const bytes = 'bytes' in holding ? holding.bytes : null;
  return `${holding.kind} ${gpu} ${bytes}`;
}

function distinct<T>(all: readonly T[], keyOf: (it: T) => string): readonly T[] {
  return [...new Map(all.map(it => [keyOf(it), it])).values()];
}

/** A GPU of the node as reasons and stories name it. */
export function nameOf({ uuid, index }: Gpu): GpuName {
  return { uuid, index };
}

/** GPUs by UUID as reasons and stories name them. */
export function gpuNames(gpus: readonly Gpu[], uuids: readonly string[]): readonly GpuName[] {
  return uuids.map(uuid => ({ uuid, index: gpus.find(it => it.uuid === uuid)?.index ?? null }));
}

/** Those that keep memory of a GPU which an ask waits for. */
function keepingOf(state: State, self: HolderEntry, ask: Ask, gpu: Gpu): Blocking {
  const short = (ask.gpuMemoryBytes ?? 0) - freeGpuBytes(state, gpu, self);
  const found = keptFrom(state, self, ask, gpu).map(({ holder, bytes }) => ({
    holder,
    amount: bytes,
    isGranted: false
  }));
  const name = nameOf(gpu);
  return blockingOf(inTheWay(found, short), bytes => ({ kind: 'gpuMemory', gpu: name, bytes }));
}

/** Why GPUs that no kernel has are not available. */
function outsideReason(
  state: State,
  self: HolderEntry,
  taken: readonly Gpu[]
):
  | Pick<Extract<Reason, { kind: 'gpusLost' }>, 'kind' | 'gpus' | 'isBound'>
  | Pick<Extract<Reason, { kind: 'stranger' }>, 'kind' | 'stranger'>
  | Pick<Extract<Reason, { kind: 'unleased' }>, 'kind'> {
  const lost = taken.filter(gpu => isLost(state, gpu.uuid));
  if (lost.length > 0) {
    return { kind: 'gpusLost', gpus: lost.map(nameOf), isBound: self.boundGpus.length > 0 };
  }
  const stranger = strangerOn(state, taken);
  return stranger ? { kind: 'stranger', stranger } : { kind: 'unleased' };
}

/**
 * The process without a lease that holds most of these GPUs, and how many others hold some (GPU4);
 * null for none. A process that only draws a screen computes nothing there, but has memory.
 */
export function strangerOn(
  state: State,
  gpus: readonly Gpu[],
  withDisplays = true
): Stranger | null {
  const found = gpus.flatMap(gpu =>
    (state.gpuUse.get(gpu.uuid)?.processes ?? [])
      .filter(it => it.holderId === null && (withDisplays || !it.isDisplay))
      .map(it => ({ ...it, gpu }))
  );
  const [most] = found.sort((a, b) => b.memoryBytes - a.memoryBytes);
  if (!most) {
    return null;
  }
  const { gpu, memoryBytes: bytes, pid, name, owner } = most;
  return { gpu: nameOf(gpu), bytes, pid, name, owner, more: found.length - 1 };
}
