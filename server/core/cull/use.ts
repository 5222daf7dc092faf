import type { HolderEntry } from '../entries';
import type { GpuUse } from '../events';
import type { State } from '../state';

/**
 * Whether a kernel is at work: it, or a holder that descends from it, has a claim or a kept
 * grant, uses a CPU, or uses a GPU (CULL3).
 */
export function isAtWork(state: State, holder: HolderEntry, busyRatio: number): boolean {
  return (
    holder.running.size + holder.waiting.size > 0 ||
    holder.held !== null ||
    (holder.use?.cpusBusy ?? 0) >= busyRatio ||
    computes(state, holder, busyRatio) ||
    [...holder.children].some(it => isAtWork(state, it, busyRatio))
  );
}

/**
 * Whether a GPU computes for this holder, as far as can be known: its utilisation is not
 * measured by process, so it counts for each idle holder that has memory there, unless
 * something else explains it.
 */
function computes(state: State, { holder }: HolderEntry, busyRatio: number): boolean {
  for (const { utilisation, processes } of state.gpuUse.values()) {
    const isHere = processes.some(it => it.holderId === holder.id);
    const isBusy = (utilisation ?? 0) >= busyRatio;
    if (isHere && isBusy && !processes.some(it => explainsUse(state, it))) {
      return true;
    }
  }
  return false;
}

/** A running cell, or a process of nobody here. */
function explainsUse(state: State, process: GpuUse['processes'][number]): boolean {
  const holder = state.holders.get(process.holderId ?? '');
  return holder ? holder.running.size > 0 : !process.isDisplay;
}
