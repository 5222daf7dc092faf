import { refusal, type Refusal } from '../../protocol/errors';
import type { ClaimView, Snapshot } from '../../protocol/view';
import type { EvictionTarget } from '../ports';

/** Why there is nothing to take back; null if there is. */
export function whyNotEvicted(
  { holders }: Snapshot,
  { claimId, holderId }: EvictionTarget,
  claim: ClaimView | null
): Refusal | null {
  if (claimId !== null) {
    return whyNotRunning(claimId, claim);
  }
  const holder = holders.find(it => it.id === holderId);
  if (!holder) {
    return refusal('HOLDER_UNKNOWN', { id: holderId });
  }
  const { name, state, grant } = holder;
  const why = 'it neither runs anything nor keeps a grant';
  return state === 'running' || grant ? null : refusal('NOTHING_HELD', { name, why });
}

function whyNotRunning(id: string, claim: ClaimView | null): Refusal | null {
  switch (claim?.state) {
    case 'running':
      return null;
    case 'waiting':
      return refusal('CLAIM_WAITING', { id });
    default:
      return refusal('CLAIM_UNKNOWN', { id });
  }
}

/** Why a holder cannot be put into a group; null if it can. Null as the group is back where the configuration has it. */
export function whyNotMoved(
  { holders }: Snapshot,
  holderId: string,
  group: string | null,
  groups: readonly string[]
): Refusal | null {
  if (!holders.some(it => it.id === holderId)) {
    return refusal('HOLDER_UNKNOWN', { id: holderId });
  }
  return group === null ? null : whyNoGroup(group, groups);
}

/** Why there is no such group; null if there is. */
export function whyNoGroup(group: string, groups: readonly string[]): Refusal | null {
  return groups.includes(group)
    ? null
    : refusal('GROUP_UNKNOWN', { group, groups: groups.join(', ') });
}
