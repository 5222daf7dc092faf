import type { Snapshot } from '../../server/protocol/view';
import type { Sample } from '../tokens';

/** The time span of the panel's history, in ms. */
export const HISTORY_MS = 600_000;

/** The shortest time between two samples, in ms. */
const SAMPLE_MS = 1000;

/**
 * Add the figures of a snapshot to the last ten minutes.
 *
 * #### Notes
 * Returns a new list, oldest first; or the same one if the last sample is
 * younger than {@link SAMPLE_MS}, so its length is bounded.
 */
export function withSample(history: readonly Sample[], snapshot: Snapshot): readonly Sample[] {
  const { atMs, node } = snapshot;
  const last = history.at(-1);
  if (last && atMs - last.atMs < SAMPLE_MS) {
    return history;
  }
  const kept = history.filter(sample => atMs - sample.atMs <= HISTORY_MS);
  return [...kept, { atMs, cpusBusy: node.cpusBusy, memoryBytes: node.memoryUsedBytes }];
}
