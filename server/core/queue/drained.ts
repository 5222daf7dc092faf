import type { ClaimEntry } from '../entries';
import { isInside } from '../holder/trees';
import type { State } from '../state';
import type { Obstacle } from './obstacle';

/**
 * ADMIN2: what a claim lacks while the node is drained; null if it may be granted as usual.
 *
 * #### Notes
 * A claim inside a running cell may: that cell ends only after it.
 */
export function drainObstacle({ drain }: State, entry: ClaimEntry): Obstacle | null {
  return drain && !isInside(entry)
    ? {
        resource: 'cpus',
        reason: () => ({ kind: 'drained', resource: 'cpus', blockers: [], drain })
      }
    : null;
}
