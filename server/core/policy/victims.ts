import { compareText, firstDifference, type Comparator } from '../../lib/comparators';
import { useAt } from './fairness';
import type { VictimPolicy } from './groups';
import type { ShareNode } from './shareTree';
import type { RunningEntry } from '../entries';

/** The group, or its members' node, that a claim belongs to. */
export function groupOf(entry: { readonly holder: { readonly user: ShareNode } }): ShareNode {
  const members = entry.holder.user.parent!;
  return members.parent ?? members;
}

/** How much of its entitlement a group uses: 1 is its quota. */
export function overQuota(group: ShareNode, totalCpus: number): number {
  return totalCpus > 0 ? (group.use.rate * totalCpus) / Math.max(group.owedCpus, 1e-9) : 0;
}

/**
 * FAIR4: whom to evict first.
 *
 * 1. By the policy: the group most over its quota; the user with most recent
 *    use; the claim with least work to lose.
 * 2. The latest granted, which loses least.
 * 3. The id, so that a replay is exact.
 */
export function victimOrder(
  policy: VictimPolicy,
  atMs: number,
  totalCpus: number
): Comparator<RunningEntry> {
  const policies: Record<VictimPolicy, Comparator<RunningEntry>> = {
    mostOverQuota: (a, b) => overQuota(groupOf(b), totalCpus) - overQuota(groupOf(a), totalCpus),
    worstRecentUse: (a, b) => useAt(b.holder.user.use, atMs) - useAt(a.holder.user.use, atMs),
    leastLostWork: (a, b) => lostWorkMs(a, atMs) - lostWorkMs(b, atMs)
  };
  return firstDifference<RunningEntry>(
    policies[policy],
    (a, b) => b.phase.grantedMs - a.phase.grantedMs,
    (a, b) => compareText(a.claim.id, b.claim.id)
  );
}

/** What an eviction would cost: the time that the cell has run, or its CPU time if more. */
export function lostWorkMs(entry: RunningEntry, atMs: number): number {
  return Math.max(atMs - entry.phase.grantedMs, entry.phase.cpuSeconds * 1000);
}
