import { compareText, firstDifference, type Comparator } from '../../lib/comparators';
import { useAt } from '../policy/fairness';
import type { ShareNode } from '../policy/shareTree';
import type { WaitingEntry } from '../entries';
import { isInside } from '../holder/trees';

/** Use per weight: what fair share compares siblings by. */
function usePerWeight(node: ShareNode, atMs: number): number {
  return useAt(node.use, atMs) / node.weight;
}

/**
 * FAIR3: of two users, first the one whose side, where their paths in the tree diverge,
 * has used less of its entitlement.
 */
function fairOrder(atMs: number): Comparator<ShareNode> {
  return (a, b) => {
    let [left, right] = [a, b];
    while (left.depth > right.depth) {
      left = left.parent!;
    }
    while (right.depth > left.depth) {
      right = right.parent!;
    }
    while (left !== right && left.parent !== right.parent) {
      left = left.parent!;
      right = right.parent!;
    }
    return left === right ? 0 : usePerWeight(left, atMs) - usePerWeight(right, atMs);
  };
}

/**
 * ADM6, in this order:
 * 1. those inside running cells, which return nothing before these have run (ADM10),
 * 2. the higher priority,
 * 3. fair share: the user or group that has used less of its entitlement,
 * 4. the earlier arrival, or the one that it exchanged for (ADM15),
 * 5. the id, so that a replay is exact.
 */
export function admissionOrder(atMs: number): Comparator<WaitingEntry> {
  const fair = fairOrder(atMs);
  return firstDifference<WaitingEntry>(
    byRank,
    (a, b) => fair(a.holder.user, b.holder.user),
    byTurn
  );
}

/** What comes before fair share. */
export const byRank = firstDifference<WaitingEntry>(
  (a, b) => Number(isInside(b)) - Number(isInside(a)),
  (a, b) => b.claim.ask.priority - a.claim.ask.priority
);

/** What comes after it. */
export const byTurn = firstDifference<WaitingEntry>(
  (a, b) => a.turn.arrivedMs - b.turn.arrivedMs,
  (a, b) => compareText(a.turn.claimId, b.turn.claimId)
);
