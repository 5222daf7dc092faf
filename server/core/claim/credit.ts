import { exceedsCaps } from '../cap/needs';
import type { ClaimEntry, Lease } from '../entries';
import type { State } from '../state';

/**
 * Whether a lease can be credited that only its own gate speaks of (SEC7): it takes nothing that another
 * user has, and is within its caps.
 *
 * #### Notes
 * A gate that comes from another sidecar, or was stopped for long, says what it was granted; so may one
 * that was granted nothing. What it says must not be worth more than a claim would be.
 */
export function isCreditable(state: State, entry: ClaimEntry, lease: Lease): boolean {
  return (
    !lease.gpus.some(uuid => isOthers(state, entry, lease, uuid)) && !exceedsCaps(entry, lease)
  );
}

/** Whether another user has a GPU, unless both have a part of it (GPU1). */
function isOthers(state: State, { holder }: ClaimEntry, lease: Lease, uuid: string): boolean {
  const leases = [...(state.gpuLeases.get(uuid) ?? [])];
  return leases.some(
    ([other, it]) =>
      it.holder.owner !== holder.holder.owner &&
      (other.gpuMemoryBytes === null || lease.gpuMemoryBytes === null)
  );
}
