import { compareText, firstDifference } from '../../lib/comparators';
import type { HolderEntry } from '../entries';
import { headsOf } from '../holder/holds';
import type { State } from '../state';
import type { Watch } from './watches';

/** A kernel that is due to be shut down. */
export type Due = { readonly holder: HolderEntry; readonly watch: Watch };

/** CULL5: those that keep most of what the heads of the queues wait for, then those idle for longest. */
export function mostWantedFirst(state: State, due: readonly Due[]): Due[] {
  const awaited = new Set(headsOf(state).map(it => it.phase.reason.resource));
  const wanted = new Map(due.map(it => [it, wantedOf(state, it.holder, awaited)]));
  return [...due].sort(
    firstDifference<Due>(
      (a, b) => wanted.get(b)! - wanted.get(a)!,
      (a, b) => a.watch.usedMs - b.watch.usedMs,
      (a, b) => compareText(a.holder.holder.id, b.holder.holder.id)
    )
  );
}

/** The largest part of the node's total, of all that is waited for, that a holder keeps; 0 to 1. */
function wantedOf({ node }: State, { use }: HolderEntry, awaited: ReadonlySet<string>): number {
  const gpuTotal = (node?.gpus ?? []).reduce((sum, it) => sum + it.memoryBytes, 0);
  const gpuBytes = Object.values(use?.gpuMemoryBytes ?? {}).reduce((sum, it) => sum + it, 0);
  return Math.max(
    awaited.has('memory') ? (use?.memoryBytes ?? 0) / Math.max(1, node?.memoryBytes ?? 1) : 0,
    awaited.has('gpus') ? gpuBytes / Math.max(1, gpuTotal) : 0
  );
}
