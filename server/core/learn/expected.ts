import type { Prediction } from '../../protocol/prediction';
import type { Claim } from '../events';
import type { ClaimEntry, Lease } from '../entries';
import { grantableBytes } from '../memory/promisable';
import type { State } from '../state';

/**
 * LEARN4: the memory that a claim waits for because past runs needed it; null where its author did
 * not say so, or nothing is known.
 *
 * #### Notes
 * At most what the node can grant: a prediction makes wait, and refuses nothing.
 */
export function expectedFor(
  { node }: State,
  { ask, hasStarted }: Claim,
  predicted: Prediction | null
): number | null {
  const amount = predicted?.memoryBytes?.amount;
  return ask.memoryAuto && !hasStarted && node && amount !== undefined
    ? Math.min(amount, grantableBytes(node))
    : null;
}

/** The memory that a claim is admitted with: as asked, or as expected, at most what its caps allow it alone; null for none. */
export function neededBytes({ claim, holder, expectedBytes }: ClaimEntry): number | null {
  const asked = claim.ask.memoryBytes;
  return asked !== null || expectedBytes === null
    ? asked
    : Math.min(expectedBytes, ...holder.accounts.map(it => it.most.memoryBytes));
}

/** The memory of a claim's lease: a limit, or a promise without one. */
export function memoryOf(entry: ClaimEntry): Pick<Lease, 'memoryBytes' | 'expectedBytes'> {
  const { memoryBytes } = entry.claim.ask;
  return { memoryBytes, expectedBytes: memoryBytes === null ? neededBytes(entry) : null };
}

/** The memory that a lease was promised, whether that is its limit or not; null for none. */
export function promisedIn({ memoryBytes, expectedBytes }: Lease): number | null {
  return memoryBytes ?? expectedBytes;
}
